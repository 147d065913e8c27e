// Judge checks a log with golang.org/x/mod/sumdb, an implementation that shares no code with ours.
//
// It reads DIR/case.json and the tiles under DIR, and exits 0 only if every genuine proof holds, every forged
// one fails, and the proofs it makes itself from our tiles are the ones we made.
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type inclusion struct {
	Text  string `json:"text"`
	Entry string `json:"entry"`
	Good  bool   `json:"good"`
}

type consistency struct {
	Old     int64    `json:"old"`
	New     int64    `json:"new"`
	OldRoot string   `json:"old_root"`
	NewRoot string   `json:"new_root"`
	Hashes  []string `json:"hashes"`
	Good    bool     `json:"good"`
}

type testCase struct {
	Vkey        string        `json:"vkey"`
	Inclusion   []inclusion   `json:"inclusion"`
	Consistency []consistency `json:"consistency"`
}

type tiles struct{ dir string }

func (t tiles) Height() int { return 8 }

func (t tiles) SaveTiles([]tlog.Tile, [][]byte) {}

func (t tiles) ReadTiles(wanted []tlog.Tile) ([][]byte, error) {
	var found [][]byte
	for _, tile := range wanted {
		// sumdb names tiles tile/<height>/<level>/...; C2SP leaves the height out
		path := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
		data, err := os.ReadFile(filepath.Join(t.dir, path))
		if err != nil {
			return nil, err
		}
		found = append(found, data)
	}
	return found, nil
}

func main() {
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(dir string) error {
	raw, err := os.ReadFile(filepath.Join(dir, "case.json"))
	if err != nil {
		return err
	}
	var c testCase
	if err := json.Unmarshal(raw, &c); err != nil {
		return err
	}
	verifier, err := note.NewVerifier(c.Vkey)
	if err != nil {
		return err
	}
	checkpoint, err := os.ReadFile(filepath.Join(dir, "checkpoint"))
	if err != nil {
		return err
	}
	tree, err := openTree(checkpoint, verifier)
	if err != nil {
		return err
	}
	reader := tlog.TileHashReader(tree, tiles{dir})
	if root, err := tlog.TreeHash(tree.N, reader); err != nil || root != tree.Hash {
		return fmt.Errorf("tiles do not lead to the signed root: %v", err)
	}
	for i, p := range c.Inclusion {
		if err := judgeInclusion(p, verifier, tree, reader); (err == nil) != p.Good {
			return fmt.Errorf("inclusion %d: good=%v, judged %v", i, p.Good, err)
		}
	}
	for i, p := range c.Consistency {
		if err := judgeConsistency(p, tree, reader); (err == nil) != p.Good {
			return fmt.Errorf("consistency %d: good=%v, judged %v", i, p.Good, err)
		}
	}
	fmt.Printf("%d inclusion, %d consistency\n", len(c.Inclusion), len(c.Consistency))
	return nil
}

func openTree(signed []byte, verifier note.Verifier) (tlog.Tree, error) {
	opened, err := note.Open(signed, note.VerifierList(verifier))
	if err != nil {
		return tlog.Tree{}, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() {
		return tlog.Tree{}, fmt.Errorf("checkpoint has %d lines, origin %q", len(lines), lines[0])
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return tlog.Tree{}, err
	}
	root, err := tlog.ParseHash(lines[2])
	return tlog.Tree{N: size, Hash: root}, err
}

func judgeInclusion(p inclusion, verifier note.Verifier, tree tlog.Tree, reader tlog.HashReader) error {
	head, signed, found := strings.Cut(p.Text, "\n\n")
	lines := strings.Split(head, "\n")
	if !found || len(lines) < 2 || lines[0] != "c2sp.org/tlog-proof@v1" || !strings.HasPrefix(lines[1], "index ") {
		return fmt.Errorf("no tlog-proof")
	}
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[1], "index "), 10, 64)
	if err != nil {
		return err
	}
	signedTree, err := openTree([]byte(signed), verifier)
	if err != nil {
		return err
	}
	proof, err := hashes(lines[2:])
	if err != nil {
		return err
	}
	entry, err := base64.StdEncoding.DecodeString(p.Entry)
	if err != nil {
		return err
	}
	if err := tlog.CheckRecord(proof, signedTree.N, signedTree.Hash, index, tlog.RecordHash(entry)); err != nil {
		return err
	}
	own, err := tlog.ProveRecord(tree.N, index, reader)
	if err != nil {
		return err
	}
	return same(own, proof)
}

func judgeConsistency(p consistency, tree tlog.Tree, reader tlog.HashReader) error {
	proof, err := hashes(p.Hashes)
	if err != nil {
		return err
	}
	oldRoot, err := tlog.ParseHash(p.OldRoot)
	if err != nil {
		return err
	}
	newRoot, err := tlog.ParseHash(p.NewRoot)
	if err != nil {
		return err
	}
	if err := tlog.CheckTree(proof, p.New, newRoot, p.Old, oldRoot); err != nil {
		return err
	}
	own, err := tlog.ProveTree(p.New, p.Old, reader)
	if err != nil {
		return err
	}
	return same(own, proof)
}

func hashes(lines []string) ([]tlog.Hash, error) {
	var found []tlog.Hash
	for _, line := range lines {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			return nil, err
		}
		found = append(found, hash)
	}
	return found, nil
}

func same(own, given []tlog.Hash) error {
	if len(own) != len(given) {
		return fmt.Errorf("other proof length")
	}
	for i := range own {
		if !bytes.Equal(own[i][:], given[i][:]) {
			return fmt.Errorf("other proof hash")
		}
	}
	return nil
}
