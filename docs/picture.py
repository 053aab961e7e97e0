#!/usr/bin/env python3
"""Creates docs/terminal.svg, the README's picture of a run in a terminal.

    docs/picture.py [DIR]

Runs the example `process_new_scenes` in tmux on DIR, by default on cargo's sources of dependencies.
Captures the screen with its colours when two branches are active, and draws its cells as SVG.
Requires Python and tmux.
"""

import html
import os
import re
import subprocess
import sys
import tempfile
import time
import unicodedata

COLUMNS = 100
CELL_WIDTH, LINE_HEIGHT, MARGIN, TITLE_BAR = 8.4, 19, 18, 34
COLOURS = {None: "#d8dee9", 31: "#f2777a", 32: "#8fd17f", 33: "#f0c674", 36: "#6cc7d9"}
BACKGROUND, DIM = "#1d2229", "#79828f"
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def tmux(server, *arguments):
    command = ["tmux", "-L", server, "-f", "/dev/null", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def screen(command, rows, is_ready, seconds=120):
    """Runs a command of `env` in a terminal. Returns the lines of its screen, with their colours, when `is_ready` accepts its text."""
    environment = "env -u CI -u GITHUB_ACTIONS LANG=C.UTF-8 TERM=screen-256color"
    server = f"picture-{time.monotonic_ns()}"  # one that was killed takes a while to end
    tmux(server, "new-session", "-d", "-x", str(COLUMNS), "-y", str(rows), f"{environment} {command}; sleep 5")
    deadline = time.monotonic() + seconds
    try:
        while time.monotonic() < deadline:
            if is_ready(tmux(server, "capture-pane", "-p")):
                lines = tmux(server, "capture-pane", "-e", "-p").strip("\n").split("\n")
                tmux(server, "kill-server")
                return lines
            time.sleep(0.05)
        tmux(server, "kill-server")
    except subprocess.CalledProcessError:
        pass  # the command and its server have ended
    sys.exit(f"the screen that was waited for never came: {command}")


def build(profile, *arguments):
    subprocess.run(["cargo", "build", "--profile", profile, *arguments], check=True, cwd=ROOT)
    folder = "debug" if profile == "dev" else profile
    return os.path.join(ROOT, "target", folder, "examples", arguments[-1])


def capture(folder):
    """Returns the lines of the main job's screen when two branches are active."""
    program = build("release", "--example", "process_new_scenes")

    def is_ready(text):
        return "├" in text and "└" in text and re.search(r"◐ Search index .* [3-9]\d%", text)

    with tempfile.TemporaryDirectory() as scratch:
        return screen(f"{program} --catalogue {scratch}/scenes.sqlite {folder}", 12, is_ready)


def spans(line):
    """Splits a line into spans of one style: column, text, cells, colour, bold."""
    colour, bold, dim, column = None, False, False, 0
    for codes, text in re.findall(r"\x1b\[([\d;]*)m|([^\x1b]+)", line):
        if text:
            for part in re.split(r"(\s{2,}|^\s|\s$)", text):
                cells = sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in part)
                yield column, part, cells, DIM if dim else COLOURS[colour], bold
                column += cells
            continue
        for code in map(int, codes.split(";") if codes else ["0"]):
            if code == 0:
                colour, bold, dim = None, False, False
            elif code in (1, 2):
                bold, dim = bold or code == 1, dim or code == 2
            elif code in (39, *COLOURS):
                colour = None if code == 39 else code


def draw(title, *windows):
    """Draws the lines of one terminal, or of several below each other, each with its caption."""
    width = 2 * MARGIN + COLUMNS * CELL_WIDTH
    heights = [TITLE_BAR + len(lines) * LINE_HEIGHT + MARGIN for _, lines in windows]
    height = sum(heights) + MARGIN * (len(windows) - 1)
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" '
        f'width="{width:g}" height="{height:g}" font-size="14" xml:space="preserve" role="img" '
        "font-family=\"ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace\">"
    )
    yield f"<title>{html.escape(title)}</title>"
    top = 0
    for (caption, lines), window in zip(windows, heights):
        yield from draw_window(caption, lines, top, width, window)
        top += window + MARGIN
    yield "</svg>"


def draw_window(caption, lines, top, width, height):
    yield f'<rect y="{top:g}" width="{width:g}" height="{height:g}" rx="8" fill="{BACKGROUND}"/>'
    for index, light in enumerate(("#f2777a", "#f0c674", "#8fd17f")):
        yield f'<circle cx="{MARGIN + 5 + index * 18}" cy="{top + 17:g}" r="5" fill="{light}"/>'
    if caption:
        yield f'<text x="{width / 2:g}" y="{top + 22:g}" text-anchor="middle" fill="{DIM}">{html.escape(caption)}</text>'
    for row, line in enumerate(lines):
        baseline = top + TITLE_BAR + row * LINE_HEIGHT + 14
        for column, text, cells, colour, bold in spans(line):
            if not text.strip():
                continue
            weight = ' font-weight="bold"' if bold else ""
            yield (
                f'<text x="{MARGIN + column * CELL_WIDTH:.1f}" y="{baseline:g}" textLength="{cells * CELL_WIDTH:.1f}" '
                f'lengthAdjust="spacingAndGlyphs" fill="{colour}"{weight}>{html.escape(text)}</text>'
            )


def save(name, title, *windows):
    picture = os.path.join(ROOT, "docs", name)
    with open(picture, "w", encoding="utf-8") as file:
        file.write("\n".join(draw(title, *windows)) + "\n")
    print(picture)


if __name__ == "__main__":
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.expanduser("~/.cargo/registry/src")
    save("terminal.svg", "A run in the middle, as a terminal shows it", (None, capture(folder)))
