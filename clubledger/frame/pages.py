"""The register of pages: what stands at an address, whom it is for, its place in a menu, and its help.

Each door names its own in a module `pages.py` beside its addresses. The menus come from there, and so do the tests of
every address, the pictures and the measurements: a page is named once. A test holds the register and the URL
configuration against each other.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

from django.urls import reverse
from django.utils.functional import Promise

from clubledger.clubs.access import Permission

Text = str | Promise


class Audience(Enum):
    """Whom an address is for."""

    ANYBODY = "whoever asks"
    PERSON = "whoever is signed in"
    CLUB = "a member of the club in the address, with the permission"
    STAFF = "the vendor's staff"
    KEY = "a program that brings an API key"


@dataclass(frozen=True, eq=False)
class Section:
    """A group of a menu."""

    title: Text


@dataclass(frozen=True)
class Address:
    """What stands at an address, by the name of the address."""

    name: str
    audience: Audience = field(default=Audience.CLUB, kw_only=True)
    permission: Permission = field(default=Permission.SEE, kw_only=True)
    """What a member of the club needs; of no account elsewhere."""
    examples: Mapping[str, str] = field(default_factory=dict, kw_only=True)
    """For a parameter of the address: the named example that shows it, where it is not the parameter's own."""

    @property
    def is_of_club(self) -> bool:
        """Whether the address begins with a club's."""
        return self.audience is Audience.CLUB


@dataclass(frozen=True)
class Page(Address):
    """A page that a person reads."""

    title: Text
    menu: Section | None = field(default=None, kw_only=True)
    """Where its link stands; in a section in the order of the register."""
    posting: Permission | None = field(default=None, kw_only=True)
    """What sending its own form needs, at a page of which a form leads to the page itself."""
    guide: str = field(default="", kw_only=True)
    """The page with which it shares its help, by the name of that page's address."""
    states: Mapping[str, str] = field(default_factory=dict, kw_only=True)
    """Queries that show the page in another state worth looking at, by the state's name."""

    @property
    def help_file(self) -> str:
        """Return the name of its page of help in docs/guide/."""
        return f"{self.guide or self.name}.md"


@dataclass(frozen=True)
class Action(Address):
    """Something done by sending a form; a link does not open it."""


@dataclass(frozen=True)
class Answer(Address):
    """What a link opens and is no page: a file, a part of a page, an answer to a program, a way elsewhere."""

    what: str


class Entry(NamedTuple):
    """A line of a menu as it stands on a page."""

    title: Text
    link: str
    is_here: bool


class Group(NamedTuple):
    """A section of a menu as it stands on a page."""

    title: Text
    entries: list[Entry]


def menu(addresses: Iterable[Address], path: str, **parameters: str) -> list[Group]:
    """Return the menu of a register as it stands on the page at `path`; `parameters` fill in its links."""
    groups: dict[Section, list[Entry]] = {}
    for page in addresses:
        if isinstance(page, Page) and page.menu is not None:
            link = reverse(page.name, kwargs=parameters)
            groups.setdefault(page.menu, []).append(Entry(page.title, link, path.startswith(link)))
    return [Group(section.title, entries) for section, entries in groups.items()]
