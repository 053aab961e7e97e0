#!/usr/bin/env python3
"""Creates the pictures of the guide from real runs.

    docs/guide/pictures.py

Starts a slow web server on this machine, runs the programs in `examples/tools` and their counterpart
with indicatif in tmux, and draws their screens in the middle of the work. Requires Python and tmux.
"""

import hashlib
import http.server
import os
import random
import re
import shutil
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
from picture import build, save, screen

BYTES_A_SECOND, WAIT = 700_000, 0.02


class Slow(http.server.SimpleHTTPRequestHandler):
    """Serves a folder, with a wait for each file and a bound on the speed of each connection."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        time.sleep(WAIT)
        super().do_GET()

    def copyfile(self, source, outputfile):
        while block := source.read(1 << 15):
            try:
                outputfile.write(block)
            except OSError:
                return
            time.sleep(len(block) / BYTES_A_SECOND)


def fill(folder):
    """Writes the files that are fetched."""
    numbers = random.Random(1)

    def write(path, size):
        os.makedirs(os.path.dirname(os.path.join(folder, path)), exist_ok=True)
        with open(os.path.join(folder, path), "wb") as file:
            file.write(numbers.randbytes(size))

    for name, size in DOWNLOADS.items():
        write(f"files/{name}", size)
    sums = []
    for number in range(14):
        path = f"raw/scene_{number:02}.tif"
        write(f"mirror/{path}", 300_000 + number * 90_000)
        with open(os.path.join(folder, "mirror", path), "rb") as file:
            sums.append(f"{hashlib.sha256(file.read()).hexdigest()}  {path}\n")
    with open(os.path.join(folder, "mirror/SHA256SUMS"), "w", encoding="utf-8") as file:
        file.writelines(sums)
    os.makedirs(os.path.join(folder, "site"))
    for page in range(150):
        links = [f"p{link}.html" for link in range(3 * page + 1, 3 * page + 4) if link < 150]
        links += [f"missing{page}.html"] if page % 13 == 5 else []
        with open(os.path.join(folder, f"site/p{page}.html"), "w", encoding="utf-8") as file:
            file.write("".join(f'<a href="{link}">{link}</a>' for link in links))


def fill_with_photos(folder):
    """Writes large files of one size, which take no space on the disk, and reads them once: the first program that reads
    them would be slower than the second."""
    os.makedirs(folder)
    for number in range(40):
        path = os.path.join(folder, f"IMG_{4_100 + number}.raw")
        with open(path, "wb") as file:
            file.truncate(100_000_000)
            file.seek(99_999_999)
            file.write(bytes([number]))
        with open(path, "rb") as file:
            while file.read(1 << 20):
                pass


DOWNLOADS = {
    "ubuntu-24.04.iso": 18_000_000,
    "kernel.tar.xz": 12_400_000,
    "photos-2025.zip": 14_200_000,
    "music.flac": 8_900_000,
}


def started_copy(folder, scratch, name):
    """A copy that has six of the files already, and one that is gone."""
    copy = os.path.join(scratch, name)
    os.makedirs(os.path.join(copy, "raw"))
    for number in range(6):
        path = f"raw/scene_{number:02}.tif"
        shutil.copy(os.path.join(folder, "mirror", path), os.path.join(copy, path))
    with open(os.path.join(copy, "old.txt"), "w", encoding="utf-8") as file:
        file.write("gone")
    return copy


def shows(pattern):
    return lambda text: re.search(pattern, text)


def main():
    names = ("download", "duplicates", "links", "mirror")
    # The server is slow, and the programs need not be fast.
    ours = {name: build("dev", "-p", "progress-examples", "--example", name) for name in names}
    theirs = build("dev", "-p", "benches", "--example", "in_indicatif")
    with tempfile.TemporaryDirectory() as scratch:
        folder = os.path.join(scratch, "server")
        fill(folder)
        handler = lambda *arguments: Slow(*arguments, directory=folder)
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        root = f"http://127.0.0.1:{server.server_address[1]}"

        urls = " ".join(f"{root}/files/{name}" for name in DOWNLOADS)
        command = f"{ours['download']} --jobs 3 --into {scratch}/downloads {urls}"
        here = screen(command, 8, shows(r"Download .* 4\d%.*left"))
        there = screen(f"{theirs} download {urls}", 8, shows(r"all[^/]* (1[7-9]|2\d)\.\d+ MiB/"))
        save("guide/download.svg", "A download", (None, here))
        save("guide/peer-download.svg", "A download, twice", ("indicatif", there), ("here", here))

        page = f"{root}/site/p0.html"
        here = screen(f"{ours['links']} --jobs 2 {page}", 6, shows(r"[3-9]\d/\d+ links"))
        there = screen(f"{theirs} links {page}", 6, shows(r"[3-9]\d/\d+ links"))
        save("guide/links.svg", "A check of links", (None, here))
        save("guide/peer-links.svg", "A check of links, twice", ("indicatif", there), ("here", here))

        copy = started_copy(folder, scratch, "ours")
        here = screen(f"{ours['mirror']} {root}/mirror {copy}", 14, shows(r"(?s)[3-6]/8.*(◐ raw.*){3}"))
        copy = started_copy(folder, scratch, "theirs")
        at_work = shows(r"(?s)fetching .* [3-6]/8(.*\d{3}\.\d+ KiB/){3}")
        there = screen(f"{theirs} mirror {root}/mirror {copy}", 14, at_work)
        save("guide/mirror.svg", "A mirror", (None, here))
        save("guide/peer-mirror.svg", "A mirror, twice", ("indicatif", there), ("here", here))

        photos = os.path.join(scratch, "photos")
        fill_with_photos(photos)
        command = f"sh -c 'cd {scratch} && {ours['duplicates']} photos'"
        here = screen(command, 6, shows(r"Comparing \d+ files .*GB.* [4-9]\d%"))
        command = f"sh -c 'cd {scratch} && {theirs} duplicates photos'"
        there = screen(command, 5, shows(r"[2-9]\d ?% \["))
        save("guide/duplicates.svg", "A search for duplicates", (None, here))
        windows = ("indicatif", there), ("here", here)
        save("guide/peer-duplicates.svg", "A search for duplicates, twice", *windows)


if __name__ == "__main__":
    main()
