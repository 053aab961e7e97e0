#!/usr/bin/env python3
"""Creates docs/honesty.svg, the README's picture of the number against time.

    docs/honesty.py [DIR]

Runs the example `process_new_scenes` on DIR, by default on cargo's sources of dependencies, with a
new catalogue each time: the history of the runs before is kept. Draws the last run: the part of the
plan that was done, which is what was shown before there was a history, and the part of the time,
which is what is shown with one. Requires Python.
"""

import json
import os
import subprocess
import sys
import tempfile

RUNS = 4
WIDTH, HEIGHT, LEFT, TOP, RIGHT, BOTTOM = 860, 400, 62, 24, 24, 52
BACKGROUND, TEXT, DIM, GRID = "#1d2229", "#d8dee9", "#79828f", "#333b46"
BEFORE, AFTER = "#f2777a", "#8fd17f"
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def last_run(folder):
    """Returns the snapshots of the last of several runs."""
    build = ["cargo", "build", "--release", "--example", "process_new_scenes"]
    subprocess.run(build, check=True, cwd=ROOT)
    program = os.path.join(ROOT, "target/release/examples/process_new_scenes")
    with tempfile.TemporaryDirectory() as scratch:
        catalogue = os.path.join(scratch, "scenes.sqlite")
        for _ in range(RUNS):
            for ending in ("", "-wal", "-shm"):
                if os.path.exists(catalogue + ending):
                    os.remove(catalogue + ending)
            command = [program, "--progress", "json", "--catalogue", catalogue, folder]
            output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return [json.loads(line) for line in output.splitlines() if line.startswith("{")]


def curves(snapshots):
    """Returns the points of both numbers, each from 0 to 1, and the mean errors in points."""
    start, end = snapshots[-1]["started"], snapshots[-1]["ended"]
    running = [one for one in snapshots if one["started"] is not None and one["ended"] is None]
    series = []
    for number in ("plan_done", "progress"):
        points = [((one["now"] - start) / (end - start), one[number] / 10_000) for one in running]
        errors, at = [], 0
        for look in range(400):
            part = (look + 0.5) / 400
            while at + 1 < len(points) and points[at + 1][0] <= part:
                at += 1
            errors.append(abs(points[at][1] - part))
        series.append((points, sum(errors) / len(errors) * 100))
    return series


def draw(series):
    x = lambda part: LEFT + part * (WIDTH - LEFT - RIGHT)
    y = lambda part: HEIGHT - BOTTOM - part * (HEIGHT - TOP - BOTTOM)
    style = 'font-family="ui-sans-serif, system-ui, sans-serif" font-size="13"'
    svg = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" {style}>',
        "<title>The number against time: by the weights, and by time</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" rx="8" fill="{BACKGROUND}"/>',
    ]
    for quarter in range(5):
        part = quarter / 4
        svg.append(f'<path d="M{x(0)} {y(part):.1f}H{x(1)}" stroke="{GRID}"/>')
        svg.append(f'<text x="{LEFT - 10}" y="{y(part) + 4:.1f}" fill="{DIM}" text-anchor="end">{quarter * 25} %</text>')
        svg.append(f'<text x="{x(part):.1f}" y="{HEIGHT - 28}" fill="{DIM}" text-anchor="middle">{quarter * 25} %</text>')
    svg.append(f'<text x="{x(0.5)}" y="{HEIGHT - 9}" fill="{DIM}" text-anchor="middle">of the time</text>')
    svg.append(f'<path d="M{x(0)} {y(0)}L{x(1)} {y(1)}" stroke="{DIM}" stroke-dasharray="3 5"/>')
    (done, done_error), (shown, shown_error) = series
    for points, colour in ((done, BEFORE), (shown, AFTER)):
        path = "M" + "L".join(f"{x(at):.1f} {y(value):.1f}" for at, value in points)
        svg.append(f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="2.5" stroke-linejoin="round"/>')
    legend = (
        (BEFORE, f"by the weights: off by {done_error:.0f} points"),
        (AFTER, f"by time, after three runs: off by {shown_error:.1f} points"),
    )
    for row, (colour, text) in enumerate(legend):
        top = TOP + 18 + 24 * row
        svg.append(f'<path d="M{LEFT + 18} {top}h26" stroke="{colour}" stroke-width="2.5"/>')
        svg.append(f'<text x="{LEFT + 54}" y="{top + 4}" fill="{TEXT}">{text}</text>')
    svg.append("</svg>")
    return "\n".join(svg) + "\n"


def main():
    default = os.path.join(os.path.expanduser(os.environ.get("CARGO_HOME", "~/.cargo")), "registry/src")
    folder = sys.argv[1] if len(sys.argv) > 1 else default
    with open(os.path.join(ROOT, "docs/honesty.svg"), "w", encoding="utf-8") as file:
        file.write(draw(curves(last_run(folder))))


if __name__ == "__main__":
    main()
