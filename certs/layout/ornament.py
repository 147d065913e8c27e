"""Borders and grounds as shapes: a plain line, the meander (回纹) and fine waves (底纹)."""

from itertools import pairwise
from math import cos, pi, sin

from certs.layout.operations import Box, Colour, Path, Step, mm, polygon, rectangle

# One turn of the meander in a unit square, entered at the lower left and left at the lower right.
_TURN = ((0.0, 1.0), (0.0, 0.0), (0.8, 0.0), (0.8, 0.72), (0.28, 0.72), (0.28, 0.36), (0.54, 0.36))
_WAVE_SPACING, _WAVE_HEIGHT, _WAVE_LENGTH = 4.5, 3.2, 30.0


def plain(box: Box, colour: Colour, width: float) -> tuple[Path, ...]:
    """A single line."""
    return (rectangle(box, stroke=colour, width=width),)


def meander(box: Box, colour: Colour, width: float, unit: float = 4.0) -> tuple[Path, ...]:
    """A band of meanders between two lines, outside edge on the box; whole turns on every side."""
    inner = Box(box.x + 1.7 * unit, box.y + 1.7 * unit, box.width - 3.4 * unit, box.height - 3.4 * unit)
    steps: list[tuple[Step, tuple[float, ...]]] = []
    corners = (
        (box.x, box.y, 0, box.width),
        (box.right, box.y, 1, box.height),
        (box.right, box.bottom, 2, box.width),
        (box.x, box.bottom, 3, box.height),
    )
    for x, y, quarter, length in corners:
        steps += _corner(x, y, quarter, unit) + _side(x, y, quarter, length, unit)
    return (
        rectangle(box, stroke=colour, width=2 * width),
        Path(tuple(steps), stroke=colour, width=width),
        rectangle(inner, stroke=colour, width=width),
    )


def _corner(x: float, y: float, quarter: int, unit: float) -> list[tuple[Step, tuple[float, ...]]]:
    """Two squares, one in the other, where two sides meet."""
    steps: list[tuple[Step, tuple[float, ...]]] = []
    for near, far in ((0.35 * unit, 1.35 * unit), (0.65 * unit, 1.05 * unit)):
        square = ((near, near), (far, near), (far, far), (near, far))
        steps += [
            (Step.LINE if k else Step.MOVE, _turned(x, y, along, inward, quarter))
            for k, (along, inward) in enumerate(square)
        ]
        steps.append((Step.CLOSE, ()))
    return steps


def _side(x: float, y: float, quarter: int, length: float, unit: float) -> list[tuple[Step, tuple[float, ...]]]:
    """The meanders of one side, drawn as if along the top and turned by quarters."""
    edge, margin = 0.35 * unit, 1.65 * unit
    count = int((length - 2 * margin) // unit)
    pitch = (length - 2 * margin) / count
    steps: list[tuple[Step, tuple[float, ...]]] = []
    for i in range(count):
        for k, (u, v) in enumerate(_TURN):
            along, inward = margin + (i + u) * pitch, edge + v * unit
            steps.append((Step.LINE if k else Step.MOVE, _turned(x, y, along, inward, quarter)))
    return steps


def _turned(x: float, y: float, along: float, inward: float, quarter: int) -> tuple[float, float]:
    dx, dy = ((along, inward), (-inward, along), (-along, -inward), (inward, -along))[quarter]
    return mm(x + dx), mm(y + dy)


def waves(box: Box, colour: Colour, width: float) -> tuple[Path, ...]:
    """Two families of waves that cross, filling the box."""
    rows = int(box.height // _WAVE_SPACING)
    steps: list[tuple[Step, tuple[float, ...]]] = []
    for row in range(rows):
        middle = box.y + (row + 0.5) * box.height / rows
        for phase in (0.0, pi):
            steps += _wave(box, middle, phase + row * pi / 5)
    return (Path(tuple(steps), stroke=colour, width=width),)


def _wave(box: Box, middle: float, phase: float) -> list[tuple[Step, tuple[float, ...]]]:
    """One cosine line as cubic curves with the right slopes, four to a wave length."""
    count = max(1, round(4 * box.width / _WAVE_LENGTH))
    step = box.width / count
    points = [_on_wave(box, middle, phase, i * step) for i in range(count + 1)]
    steps: list[tuple[Step, tuple[float, ...]]] = [(Step.MOVE, (mm(points[0][0]), mm(points[0][1])))]
    for (x0, y0, d0), (x1, y1, d1) in pairwise(points):
        third = step / 3
        curve = (x0 + third, y0 + d0 * third, x1 - third, y1 - d1 * third, x1, y1)
        steps.append((Step.CURVE, tuple(mm(v) for v in curve)))
    return steps


def _on_wave(box: Box, middle: float, phase: float, along: float) -> tuple[float, float, float]:
    angle = 2 * pi * along / _WAVE_LENGTH + phase
    y = middle + _WAVE_HEIGHT * cos(angle) / 2
    y = min(max(y, box.y), box.bottom)
    return box.x + along, y, -_WAVE_HEIGHT * pi / _WAVE_LENGTH * sin(angle)


def line(start: tuple[float, float], end: tuple[float, float], colour: Colour, width: float) -> Path:
    """A straight line."""
    return polygon((start, end), stroke=colour, width=width, closed=False)
