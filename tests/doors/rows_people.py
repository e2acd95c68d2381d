"""Who gets what at the addresses of people and security; see rows.py."""

from clubledger.clubs.access import Permission
from tests.doors.rows import Row, act, anybody, see, signed_in

AGAIN = 302
"""Whoever did not sign in a moment ago is asked for the password again first."""

ROWS: dict[str, Row] = {
    "sign-in": anybody(fine=302, expected={"nobody": 200}),
    "account_login": anybody(fine=302, expected={"nobody": 200}),
    "mfa_authenticate": anybody(fine=302, expected=dict.fromkeys(["nobody"], 302)),
    "mfa_login_webauthn": anybody(fine=302),
    "account_inactive": anybody(),
    "account_reauthenticate": signed_in(),
    "mfa_reauthenticate": signed_in(fine=302),
    "mfa_reauthenticate_webauthn": signed_in(fine=302),
    "sign-out": anybody(method="post", fine=302, leads_to_sign_in=False),
    "account_logout": anybody(method="post", fine=302, leads_to_sign_in=False),
    "choose-language": anybody(method="post", fine=302, leads_to_sign_in=False),
    "socialaccount_login_cancelled": anybody(),
    "openid_connect_login": anybody(args=lambda w: ["company"], fine=404),
    "openid_connect_callback": anybody(args=lambda w: ["company"], fine=404),
    "account_change_password": signed_in(),
    "account_set_password": signed_in(fine=302),
    "account_reset_password": anybody(),
    "account_reset_password_done": anybody(),
    "account_reset_password_from_key_done": anybody(),
    "account_reset_password_from_key": anybody(args=lambda w: ["1", "no-such-key"]),
    "security": signed_in(),
    "mfa_index": signed_in(),
    "mfa_activate_totp": signed_in(fine=AGAIN),
    "mfa_deactivate_totp": signed_in(fine=404),
    "mfa_view_recovery_codes": signed_in(fine=404),
    "mfa_generate_recovery_codes": signed_in(fine=AGAIN),
    "mfa_list_webauthn": signed_in(fine=302),
    "mfa_add_webauthn": signed_in(fine=AGAIN),
    "mfa_edit_webauthn": signed_in(args=lambda w: [1], fine=AGAIN),
    "mfa_remove_webauthn": signed_in(args=lambda w: [1], fine=AGAIN),
    # It is switched off where the settings do not name it.
    "security-xero": signed_in(fine=AGAIN),
    "security-end-session": signed_in(method="post", args=lambda w: [1], fine=404),
    "security-end-sessions": signed_in(method="post", fine=302),
    "invitation": anybody(args=lambda w: ["no-such-token"], fine=302, leads_to_sign_in=False),
    "accept-invitation": anybody(fine=410),
    "users": see(),
    "user": see(args=lambda w: [w.member.pk], foreign=lambda w: [w.other_member.pk]),
    "invite": act(Permission.PEOPLE, fine=422),
    "send-invitation-again": act(
        Permission.PEOPLE, args=lambda w: [w.invitation.pk], foreign=lambda w: [w.other_invitation.pk]
    ),
    "withdraw-invitation": act(
        Permission.PEOPLE, args=lambda w: [w.invitation.pk], foreign=lambda w: [w.other_invitation.pk]
    ),
    "set-role": act(Permission.PEOPLE, args=lambda w: [w.member.pk], foreign=lambda w: [w.other_member.pk]),
    "remove-user": act(Permission.PEOPLE, args=lambda w: [w.member.pk], foreign=lambda w: [w.other_member.pk]),
    "set-club-language": act(Permission.CONFIGURE),
    "api-keys": see(),
    "revoke-api-key": see(
        permission=Permission.CONFIGURE, args=lambda w: [w.key.pk], foreign=lambda w: [w.other_key.pk]
    ),
    "take-over-api-key": act(Permission.CONFIGURE, args=lambda w: [w.key.pk], foreign=lambda w: [w.other_key.pk]),
    "audit-trail": see(),
}
