"""Invitations by e-mail to join a club: they work once, for seven days, and only their token's hash is kept."""

import hashlib
import secrets
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.translation import gettext

from clubledger.clubs import access, audit, languages, mail, people
from clubledger.clubs.access import Permission
from clubledger.clubs.models import AuditEvent, Club, Invitation, Membership, Role, User
from clubledger.foundation import clock

VALID_FOR = timedelta(days=7)
MOST_OPEN = 100
"""More invitations than this can't wait at one club: nobody means it, and every one of them is an e-mail."""
MOST_BY_CLUB_A_DAY = 100
MOST_BY_PERSON_AN_HOUR = 40
MOST_TO_ADDRESS_A_DAY = 5
"""E-mails that leave, first ones and those sent again: what a stolen session could send must stay little."""
SENDING = ("people.invited", "people.invited_again")
"""The events of the audit trail that stand for one e-mail each."""


class InvitationError(people.PeopleError):
    """Root of what can't be done with an invitation."""


class AlreadyMember(InvitationError):
    """The person belongs to the club already."""


class TooManyInvitations(InvitationError):
    """Too many invitations of the club are unanswered, or too many e-mails were sent within a day or an hour."""


class NotUsable(InvitationError):
    """The invitation is unknown, used, withdrawn or too old, or its sender lost the right; the words say which."""


class WrongPerson(InvitationError):
    """The invitation was sent to another address than the person's own."""


class HasAccount(InvitationError):
    """Somebody signs in with this address already; they accept by signing in."""


def open_ones(*, club: Club) -> list[Invitation]:
    """Return the invitations of the club that nobody has answered yet, those too old included, newest first."""
    rows = Invitation.objects.of(club).filter(withdrawn_at=None, accepted_at=None)
    return list(rows.select_related("invited_by").order_by("-created_at"))


def one_of(*, club: Club, invitation_id: int) -> Invitation | None:
    """Return one invitation of the club, answered or not."""
    found: Invitation | None = Invitation.objects.of(club).filter(pk=invitation_id).first()
    return found


def invite(*, club: Club, actor: User, email: str, role: str) -> Invitation:
    """Invite the holder of an e-mail address, in place of an unanswered one of theirs; the e-mail leaves at once.

    `sent_at` of the answer is None if it could not leave. Raises NotAllowed, UnknownRole, OnlyOwnersMayChangeOwners,
    AlreadyMember or TooManyInvitations.
    """
    email = email.strip().lower()
    with transaction.atomic():
        access.lock_club(club)
        access.require(club=club, actor=actor, permission=Permission.PEOPLE)
        people.guard_giving(club=club, actor=actor, role=role)
        people.guard_waiting(club=club, actor=actor, email=email)
        if Membership.objects.filter(club=club, user__email=email, is_active=True).exists():
            raise AlreadyMember(gettext("%(email)s belongs to %(club)s already.") % {"email": email, "club": club})
        now = clock.now()
        unanswered = Invitation.objects.of(club).filter(withdrawn_at=None, accepted_at=None)
        unanswered.filter(email=email).update(withdrawn_at=now)
        if unanswered.filter(expires_at__gt=now).count() >= MOST_OPEN:
            raise TooManyInvitations(
                gettext("%(most_open)s invitations wait for an answer. Withdraw some first.") % {"most_open": MOST_OPEN}
            )
        _guard_number(club, actor, email)
        token = secrets.token_urlsafe(32)
        made = Invitation.objects.of(club).create(
            club=club,
            email=email,
            role=role,
            token_hash=_hash_of(token),
            invited_by=actor,
            created_at=now,
            expires_at=now + VALID_FOR,
        )
        _note(made, actor, "people.invited", f"{email} was invited as {Role(role).in_english}.")
    return _send(made, token)


def send_again(*, club: Club, actor: User, invitation_id: int) -> Invitation:
    """Send an unanswered invitation again, with a new address that works for seven days; the old one stops working.

    The inviter is now `actor`. Raises NotAllowed, OnlyOwnersMayChangeOwners, NotUsable or TooManyInvitations.
    """
    with transaction.atomic():
        found = _mine(club, actor, invitation_id)
        _guard_number(club, actor, found.email)
        token = secrets.token_urlsafe(32)
        found.token_hash, found.invited_by = _hash_of(token), actor
        found.expires_at, found.sent_at = clock.now() + VALID_FOR, None
        found.save()
        _note(
            found, actor, "people.invited_again", f"{found.email} was invited again as {Role(found.role).in_english}."
        )
    return _send(found, token)


def withdraw(*, club: Club, actor: User, invitation_id: int) -> Invitation:
    """Take an unanswered invitation back. Raises NotAllowed, OnlyOwnersMayChangeOwners or NotUsable."""
    with transaction.atomic():
        found = _mine(club, actor, invitation_id)
        found.withdrawn_at = clock.now()
        found.save(update_fields=["withdrawn_at"])
        _note(found, actor, "people.invitation_withdrawn", f"The invitation of {found.email} was withdrawn.")
    return found


def find(*, token: str) -> Invitation:
    """Return the invitation that a token belongs to, if it can still be accepted. Raises NotUsable."""
    rows = Invitation.objects.across_clubs("whoever holds the token does not know the club's rows yet")
    found: Invitation | None = rows.select_related("club", "invited_by").filter(token_hash=_hash_of(token)).first()
    if found is None or not found.club.is_active:
        raise NotUsable(gettext("This address is not, or no longer, that of an invitation. Look for a newer e-mail."))
    if found.accepted_at is not None:
        raise NotUsable(gettext("This invitation was accepted already. Sign in with your e-mail address and password."))
    if found.withdrawn_at is not None:
        raise NotUsable(gettext("This invitation was withdrawn. Ask whoever invited you."))
    if found.expires_at <= clock.now():
        raise NotUsable(
            gettext("This invitation is more than seven days old. Ask whoever invited you to send it again.")
        )
    return found


def has_account(invitation: Invitation) -> bool:
    """Whether somebody signs in with the invited address already."""
    return User.objects.filter(email=invitation.email).exists()


def accept_as_new(*, token: str, name: str, password: str) -> User:
    """Make the invited person, with their name and password, and let them in. Returns the person.

    Raises NotUsable, HasAccount, or Django's ValidationError for a weak password.
    """
    with transaction.atomic():
        found = _claim(token)
        words = gettext("%(email)s signs in here already. Sign in, then open the invitation again.")
        if has_account(found):
            raise HasAccount(words % {"email": found.email})
        validate_password(password, User(email=found.email, name=name))
        try:
            with transaction.atomic():
                person = User.objects.create_user(found.email, password, name=name, language=languages.now())
        except IntegrityError:
            # Another club's invitation was accepted in this moment: only this club's row is locked.
            raise HasAccount(words % {"email": found.email}) from None
        _let_in(found, person)
    return person


def accept_as(*, token: str, person: User) -> Club:
    """Let a person who signs in here already into the inviting club. Raises NotUsable or WrongPerson."""
    with transaction.atomic():
        found = _claim(token)
        if person.email != found.email:
            raise WrongPerson(
                gettext("This invitation is for %(email)s; you are signed in as %(present)s.")
                % {"email": found.email, "present": person.email}
            )
        _let_in(found, person)
    return found.club


def _claim(token: str) -> Invitation:
    """Find the invitation again under the club's lock, so that of two who accept it at once one is too late."""
    found = find(token=token)
    access.lock_club(found.club)
    found = find(token=token)
    inviter = found.invited_by
    try:
        access.require(club=found.club, actor=inviter, permission=Permission.PEOPLE)
        people.guard_giving(club=found.club, actor=inviter, role=found.role)
    except (access.NotAllowed, people.OnlyOwnersMayChangeOwners):
        raise NotUsable(
            gettext("%(inviter)s may no longer invite people to %(club)s. Ask somebody else there.")
            % {"inviter": inviter, "club": found.club}
        ) from None
    return found


def _let_in(found: Invitation, person: User) -> None:
    found.accepted_at, found.accepted_by = clock.now(), person
    found.save(update_fields=["accepted_at", "accepted_by"])
    people.join(club=found.club, person=person, role=found.role)
    _note(found, person, "people.joined", f"{person} accepted the invitation of {found.invited_by}.")


def _guard_number(club: Club, actor: User, email: str) -> None:
    """Raise TooManyInvitations where one more e-mail would be too many: of the club, the person, or to the address.

    The audit trail counts them. Call it with the club locked.
    """
    now = clock.now()
    of_day = AuditEvent.objects.of(club).filter(action__in=SENDING, at__gt=now - timedelta(days=1))
    if of_day.filter(subject=email).count() >= MOST_TO_ADDRESS_A_DAY:
        words = gettext("%(email)s has been sent %(most)s invitations within a day. Send no more before tomorrow.")
        raise TooManyInvitations(words % {"email": email, "most": MOST_TO_ADDRESS_A_DAY})
    if of_day.count() >= MOST_BY_CLUB_A_DAY:
        words = gettext("%(club)s has sent %(most)s invitations within a day, which is the most. Go on tomorrow.")
        raise TooManyInvitations(words % {"club": club, "most": MOST_BY_CLUB_A_DAY})
    clubs = Membership.objects.filter(user=actor, is_active=True).values("club")
    of_person = AuditEvent.objects.across_clubs("whoever is at several clubs has one limit for all").filter(
        club__in=clubs, user=actor, action__in=SENDING, at__gt=now - timedelta(hours=1)
    )
    if of_person.count() >= MOST_BY_PERSON_AN_HOUR:
        words = gettext("You have sent %(most)s invitations within an hour, which is the most. Go on in an hour.")
        raise TooManyInvitations(words % {"most": MOST_BY_PERSON_AN_HOUR})


def _mine(club: Club, actor: User, invitation_id: int) -> Invitation:
    access.lock_club(club)
    access.require(club=club, actor=actor, permission=Permission.PEOPLE)
    rows = Invitation.objects.of(club).filter(withdrawn_at=None, accepted_at=None)
    found: Invitation | None = rows.select_related("club").filter(pk=invitation_id).first()
    if found is None:
        raise NotUsable(gettext("This invitation was answered or withdrawn already."))
    people.guard_giving(club=club, actor=actor, role=found.role)
    return found


def _send(made: Invitation, token: str) -> Invitation:
    link = settings.CLUBLEDGER_BASE_URL + reverse("invitation", args=[token])
    reader = User.objects.filter(email=made.email).first()
    language = languages.of_letter(reader=reader, club=made.club)
    if mail.send(mail.compose(to=made.email, template="invitation", language=language, invitation=made, link=link)):
        made.sent_at = clock.now()
        Invitation.objects.of(made.club).filter(pk=made.pk).update(sent_at=made.sent_at)
    return made


def _note(invitation: Invitation, actor: User, action: str, summary: str) -> None:
    audit.note(
        club=invitation.club,
        actor=actor,
        action=action,
        subject=invitation.email,
        summary=summary,
        after={"role": invitation.role, "expires_at": invitation.expires_at},
    )


def _hash_of(token: str) -> str:
    # The token is 256 random bits: a fast hash is enough, nobody can try them all.
    return hashlib.sha256(token.encode()).hexdigest()
