"""What verification of a PDF says to people: names of the eleven steps, and words per code."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from certs.verify_words import Words

STEP_NAMES: Final[Mapping[int, tuple[str, str]]] = MappingProxyType(
    {
        1: ("读取文件", "Read the file"),
        2: ("文件种类", "Kind of file"),
        3: ("签名覆盖范围", "What the signature covers"),
        4: ("签署后的修改", "Changes after signing"),
        5: ("隐藏与活动内容", "Hidden and active content"),
        6: ("认证级别", "Certification"),
        7: ("签名", "Signature"),
        8: ("签章人证书", "The signer's certificate"),
        9: ("证书吊销", "Revocation"),
        10: ("时间戳", "Time-stamps"),
        11: ("版面与数据一致", "Page and data agree"),
    }
)

_INTACT = ("请持有人重新提供完整文件。", "Ask for the intact document again.")
_FORGED = ("不予采信，并向签章单位核实。", "Do not rely on it; ask the unit whose seal it bears.")
_ORIGINAL = ("请出示签署时的原文件。", "Ask for the file as it was signed.")
_REFRESH = ("请更新信任列表与吊销列表后重新验证。", "Fetch the current trust list and revocation lists; verify again.")
_MAKER = (
    "请用制作该文件的软件核验，或请签章单位通过本平台出具。",
    "Check it with the software that made it, or have it issued through the hub.",
)
_PROOF = ("请提供带可信时间戳的文件。", "Ask for the document with a trusted time-stamp.")
_DATA = (
    "请以附带的证照数据为准，或用签署时版本的核验程序验证。",
    "Rely on the attached data, or verify with the program's version of that time.",
)

WORDS: Final[Mapping[str, Words]] = MappingProxyType(
    {
        "not-reached": Words("前一步未通过，未作检查。", "Not examined: an earlier step was not passed."),
        "alg-unavailable": Words(
            "本机不支持国密算法。", "This computer has no SM2.", "请换机验证。", "Verify elsewhere."
        ),
        # 1
        "parsed": Words(
            "文件读到最后一个字节，无多余内容。", "The file was read to its last byte; nothing is left over."
        ),
        "file-irregular": Words(
            "文件损坏或不规范，各软件可能读出不同内容：{detail}。",
            "Damaged, or irregular so that programs could read it differently: {detail}.",
            *_INTACT,
        ),
        "file-not-understood": Words(
            "文件用到本程序不读取的结构：{detail}。",
            "The file uses structures that are not read here: {detail}.",
            *_MAKER,
        ),
        "file-too-costly": Words(
            "读取该文件超出资源限制，无法解析：{detail}。",
            "Reading the file goes beyond all limits: {detail}.",
            "按可疑文件处理，勿用其他软件打开。",
            "Treat it as suspicious; do not open it with other software.",
        ),
        # 2
        "kind-own": Words(
            "本平台制作并签章的文件，共 {revisions} 个版本段。", "Drawn and sealed by a hub; {revisions} revisions."
        ),
        "kind-foreign": Words(
            "其他软件制作或改动过的文件：可核验签名，但不能确认版面显示的内容。",
            "Made or touched by other software: signatures can be checked, what the page shows cannot be vouched for.",
            *_MAKER,
        ),
        "unsigned": Words("文件没有签章，也没有签名。", "The file bears no seal and no signature.", *_FORGED),
        "encrypted": Words(
            "文件已加密，未作检查。", "The file is encrypted.", "请提供未加密的文件。", "Ask for it without encryption."
        ),
        # 3
        "range-good": Words("签名覆盖签署时的整个文件。", "The signature covers all of the file as it was signed."),
        "range-refused": Words(
            "签名没有完整覆盖文件：{detail}。", "The signature does not cover the file: {detail}.", *_FORGED
        ),
        # 4
        "updates-none": Words("签署后没有任何添加。", "Nothing was added after signing."),
        "updates-archive": Words(
            "签署后只添加了 {count} 次验证材料与时间戳。",
            "Only validation data and time-stamps were added, {count} times.",
        ),
        "modified": Words("签署后被修改：{detail}。", "Changed after it was signed: {detail}.", *_ORIGINAL),
        # 5
        "content-plain": Words(
            "没有隐藏对象、脚本、链接、附加文件或图层。", "No hidden objects, scripts, links, files or layers."
        ),
        "content-surprising": Words(
            "含有可能改变显示或隐藏内容的成分：{detail}。",
            "Holds what could act, hide or change what is seen: {detail}.",
            "不要点击或打开其中内容；请签章单位重新出具。",
            "Do not click or open anything in it; have it issued anew.",
        ),
        "pages-irregular": Words(
            "页面结构不规范，各软件可能显示不同页面：{detail}。",
            "The pages are irregular, so that programs could show others: {detail}.",
            *_INTACT,
        ),
        # 6
        "certified": Words("认证签名，不允许任何修改。", "Certified: no change whatsoever is allowed."),
        "certified-loosely": Words(
            "认证签名允许后续修改（级别 {level}）。", "The certification allows changes (level {level}).", *_MAKER
        ),
        "not-certified": Words("普通签名，不是认证签名。", "An ordinary signature, not a certification."),
        # 7
        "signature-good": Words("签名与文件内容一致。", "The signature fits the content."),
        "signature-empty": Words("签名值为空。", "The signature has no value.", *_FORGED),
        "content-changed": Words("文件内容与签署时不同。", "The content is not the one that was signed.", *_FORGED),
        "signature-invalid": Words("签名不成立：{detail}。", "The signature fails: {detail}.", *_FORGED),
        "signature-not-understood": Words(
            "签名格式或算法无法核验：{detail}。", "A signature of a kind that is not checked here: {detail}.", *_MAKER
        ),
        "signature-carries-more": Words(
            "签名旁附有未受保护的内容：{detail}。",
            "Something unprotected lies beside the signature: {detail}.",
            *_MAKER,
        ),
        "certificate-damaged": Words(
            "签名附带的证书被改动：{detail}。", "A certificate carried along was altered: {detail}.", *_INTACT
        ),
        # 8
        "signer-trusted": Words("签章人证书可信：{detail}。", "The signer's certificate is trusted: {detail}."),
        "signer-refused": Words("签章人证书不可用：{detail}。", "The signer's certificate fails: {detail}.", *_FORGED),
        "signer-unknown": Words("签章人证书无法确认：{detail}。", "The signer cannot be judged: {detail}.", *_REFRESH),
        "signer-expired-since": Words(
            "签章人证书已于 {time} 到期，签署时间未经证明。",
            "The certificate ended {time} and nothing proves that it was signed before.",
            *_PROOF,
        ),
        # 9
        "not-revoked": Words("证书在 {time} 未被吊销。", "Not revoked at {time}."),
        "revoked": Words(
            "证书已于 {time} 被吊销（{reason}）。", "The certificate was revoked {time} ({reason}).", *_FORGED
        ),
        "revoked-since": Words(
            "证书已于 {time} 被吊销（{reason}），签署时间未经证明。",
            "Revoked {time} ({reason}), and nothing proves that it was signed before.",
            *_PROOF,
        ),
        "revocation-unknown": Words("吊销情况未知：{detail}。", "Revocation is unknown: {detail}.", *_REFRESH),
        # 10
        "timestamp-absent": Words("没有时间戳。", "There is no time-stamp."),
        "timestamp-good": Words(
            "时间戳证明签署不晚于 {time}。", "A time-stamp proves that it was signed at {time} at the latest."
        ),
        "timestamp-refused": Words("时间戳不可信：{detail}。", "A time-stamp fails: {detail}.", *_FORGED),
        "timestamp-unknown": Words("时间戳无法确认：{detail}。", "A time-stamp cannot be judged: {detail}.", *_REFRESH),
        "timestamp-contradicts": Words(
            "时间戳 {time} 早于所称签署时间。", "The time-stamp {time} is older than the stated time.", *_FORGED
        ),
        "not-yet-sealed": Words(
            "验证时点早于签署时间 {time}。", "Signed only at {time}.", "请核对验证时点。", "Check the time."
        ),
        # 11
        "page-redrawn": Words(
            "按附带数据重新绘制的版面与文件完全相同。", "Drawn again from the attached data, the page is the same."
        ),
        "page-contradicts": Words(
            "版面没有显示所附数据的内容：{detail}。",
            "The page does not show what the attached data says: {detail}.",
            *_FORGED,
        ),
        "page-altered": Words(
            "版面与按所附数据重新绘制的不同：{detail}。",
            "The page is not the one that is drawn from the attached data: {detail}.",
            *_FORGED,
        ),
        "page-data-unusual": Words(
            "所附数据与平台为该证照所写的不同（多出、缺少或改动的项目）：{detail}。",
            "The attached data is not what a hub writes for this certificate (more, less or other members): {detail}.",
            "以版面内容为准，并向颁发机构核实。",
            "Rely on what the page shows, and ask the issuing authority.",
        ),
        "page-unlike-data": Words(
            "版面未显示所附数据中的：{detail}，也不是由现有版式绘制。",
            "The page does not show what the attached data states ({detail}), and today's layout did not draw it.",
            "请向颁发机构核实；早期版式的文件可换发后再验证。",
            "Ask the issuing authority; a file of an earlier layout can be made anew.",
        ),
        "page-photo-unlike": Words(
            "版面上的照片不是所附数据写明的那一张：{detail}。",
            "The photo on the page is not the one the attached data states: {detail}.",
            *_FORGED,
        ),
        "page-photo-missing": Words(
            "所附数据写明有照片，版面上却没有：{detail}。",
            "The attached data states a photo, and the page shows none: {detail}.",
            *_FORGED,
        ),
        "page-photo-unstated": Words(
            "版面上有照片，所附数据却写明没有：{detail}。",
            "There is a photo on the page, and the attached data states none: {detail}.",
            *_FORGED,
        ),
        "page-masked": Words("字形与文字不符：{detail}。", "Glyphs do not show their characters: {detail}.", *_FORGED),
        "page-not-redrawn": Words(
            "无法按现有模板重新绘制版面：{detail}。",
            "The page cannot be drawn again with today's layouts: {detail}.",
            *_DATA,
        ),
        "page-without-data": Words(
            "没有可读的证照数据，无法核对版面：{detail}。",
            "No certificate data to compare the page with: {detail}.",
            *_MAKER,
        ),
        "page-foreign": Words(
            "版面由其他软件绘制，未与数据核对。",
            "The page was drawn by other software and compared with nothing.",
            *_MAKER,
        ),
    }
)
