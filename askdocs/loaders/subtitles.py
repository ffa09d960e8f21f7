"""Subtitles (SRT, WebVTT): what is said, at its time.

The text is the file, and a quote is what stands there, so that a passage of several cues holds the lines that say when
each is shown. Blocks begin with such a line: a reader sees first when it is said. They end with a sentence where they
can. Leaving the times out would need a text that is not the file's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from askdocs.loaders.metadata import language_code
from askdocs.loaders.text import LINE, as_plain, decode, paragraphs
from askdocs.types import Block, BlockKind, Document, Place, Span, Unit

_TIME = r"(?:(\d{1,3}):)?(\d{1,2}):(\d{2})[.,](\d{1,3})"
_TIMES = re.compile(rf"[ \t]*{_TIME}[ \t]*-->[ \t]*{_TIME}")
_TAG = re.compile(r"<[^>\r\n]*>|\{[^}\r\n]*\}")
_SENTENCE_END = re.compile(r"[.!?…。！？♪][\"'”’»)\]]*$")
_HEADER = re.compile(r"WEBVTT(?:[ \t]+(?:-[ \t]*)?(\S.*))?$")
_LANGUAGE = re.compile(r"language:[ \t]*(\S+)", re.IGNORECASE)
_LONGEST_PAUSE = 3.0
_LONGEST_RUN = 400


@dataclass(frozen=True, slots=True)
class _Cue:
    """`start` is where its number stands, `times` where its times do; `shown` and `hidden` are seconds."""

    start: int
    times: int
    end: int
    shown: float
    hidden: float


def load_srt(path: str, data: bytes) -> Document:
    """A file of subtitles as SubRip writes them."""
    return _load("application/x-subrip", path, data)


def load_vtt(path: str, data: bytes) -> Document:
    """A file of WebVTT; its title and language are what its first lines say."""
    return _load("text/vtt", path, data)


def _load(media_type: str, path: str, data: bytes) -> Document:
    text, encoding = decode(data)
    cues = list(_cues(text))
    if not cues:
        warning = "has no subtitles; it was read as plain text" if text.strip() else None
        return as_plain(path, media_type, encoding, text, warning)
    before = text[: cues[0].start]
    header = _HEADER.match(before.splitlines()[0]) if before.strip() else None
    language = _LANGUAGE.search(before) if header else None
    ends = [*(cue.start for cue in cues[1:]), len(text)]
    return Document(
        path=path,
        media_type=media_type,
        encoding=encoding,
        text=text,
        title=" ".join(header[1].split()) if header and header[1] else None,
        headings=(),
        blocks=tuple(_blocks(text, cues)),
        unit=Unit.TIMES,
        places=tuple(
            Place(Span(cue.start, end), number, _clock(cue.shown))
            for number, (cue, end) in enumerate(zip(cues, ends, strict=True), start=1)
        ),
        language=language_code(language[1]) if language else None,
    )


def _cues(text: str) -> Iterator[_Cue]:
    """Each from its number, which is any single line before its times, to the blank line after it."""
    before: tuple[int, str] | None = None  # the line before, unless that is blank or of a cue
    cue: _Cue | None = None
    for match in LINE.finditer(text):
        line, start = match[0], match.start()
        if times := _TIMES.match(line):
            if cue:
                yield cue
            shown, hidden = _seconds(times.groups()[:4]), _seconds(times.groups()[4:])
            cue = _Cue(before[0] if before else start, start, start + len(line.rstrip()), shown, hidden)
            before = None
        elif not line.strip():
            before = None
            if cue:
                yield cue
                cue = None
        elif cue:
            cue = _Cue(cue.start, cue.times, start + len(line.rstrip()), cue.shown, cue.hidden)
        else:
            before = (start, line)
    if cue:
        yield cue


def _blocks(text: str, cues: Sequence[_Cue]) -> Iterator[Block]:
    """Cues that are one sentence, until it ends, somebody pauses, or it gets long; notes between them as they are."""
    end = 0
    run: list[_Cue] = []
    for at, cue in enumerate(cues):
        if not run:
            yield from _notes(text, end, cue.start)
        run.append(cue)
        following = cues[at + 1] if at + 1 < len(cues) else None
        said = _TAG.sub("", text[cue.times : cue.end]).rstrip()
        if (
            following is None
            or _SENTENCE_END.search(said)
            or following.shown - cue.hidden > _LONGEST_PAUSE
            or cue.end - run[0].times > _LONGEST_RUN
            or text[cue.end : following.start].strip()
        ):
            yield Block(BlockKind.PARAGRAPH, Span(run[0].times, cue.end))
            run, end = [], cue.end
    yield from _notes(text, end, len(text))


def _notes(text: str, start: int, end: int) -> Iterator[Block]:
    """What stands between cues, but for the header and styles of WebVTT."""
    for block in paragraphs(text[start:end]):
        if not block.span.of(text[start:end]).startswith(("WEBVTT", "STYLE", "REGION")):
            yield Block(block.kind, block.span.shifted(start))


def _seconds(groups: Sequence[str | None]) -> float:
    hours, minutes, seconds, thousandths = (int(group or 0) for group in groups)
    return hours * 3600 + minutes * 60 + seconds + thousandths / 1000


def _clock(seconds: float) -> str:
    whole = int(seconds)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}"
