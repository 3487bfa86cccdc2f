"""Code from a git repository, cloned inside the container at a ref that becomes a commit.

The token is a Snowflake secret in an environment variable; git asks a credential helper for it, so that it is never
in a URL, a process argument, a log line or ``.git/config``. This module is pure: it builds a command, it runs nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import urlsplit

from airflow_provider_spcs.errors import SpecError

TOKEN_VARIABLE = "SPCS_GIT_TOKEN"  # noqa: S105 - the name of a variable, not a token
COMMIT_FILE = "git_commit"
"""Where the commit is written in the result directory, so that the task can tell it even when the job fails."""

NO_GIT, NO_REF, NO_REPOSITORY, NO_CREDENTIALS = 69, 66, 68, 77
EXIT_CODES: Mapping[int, str] = {
    NO_GIT: "git is not in the image: use an image with git, or give the code as `payload`",
    NO_REF: "the git ref does not exist in the repository: check `ref` of GitSource",
    NO_REPOSITORY: "the git repository cannot be reached: check its URL and the external access integration",
    NO_CREDENTIALS: "the git repository refused the credentials: renew the token in the Snowflake secret",
}
"""Exit codes of the clone step, after sysexits(3), with what they mean and what to do."""

_SCHEMES = {"http", "https"}
_REF = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/@+-]*\Z")

# POSIX shell: images differ in what else they have. `git -c` keeps the settings of one call out of .git/config;
# the empty helper first switches off helpers of the image, which could store the token.
_SCRIPT = r"""
say() { printf 'git: %s\n' "$1" >&2; }
command -v git >/dev/null 2>&1 || { say 'git is not installed in this image'; exit 69; }
export GIT_TERMINAL_PROMPT=0 LC_ALL=C
repo=$(mktemp -d "${TMPDIR:-/tmp}/repo.XXXXXX") || exit 73
helper='!f() { test "$1" = get && printf "username=x-access-token\npassword=%s\n" "$SPCS_GIT_TOKEN"; }; f'
run() { git -c credential.helper= -c credential.helper="$helper" -c core.askPass= -C "$repo" "$@"; }
fail() {
  reason=$(sed -n 's/^\(fatal\|error\|remote\): //p' "$repo.err" | tail -n 1); rm -rf "$repo" "$repo.err"
  say "$2: ${reason:-no reason given}"; exit "$1"
}
git init -q "$repo" 2>"$repo.err" || fail 73 "cannot write to $repo"
if ! run ls-remote "$SPCS_GIT_URL" HEAD >/dev/null 2>"$repo.err"; then
  if grep -qiE 'authentication failed|could not read (username|password)|error: 40[13]' "$repo.err"; then
    fail 77 "$SPCS_GIT_URL refused the token"
  fi
  fail 68 "$SPCS_GIT_URL cannot be reached"
fi
if ! run fetch -q --depth 1 "$SPCS_GIT_URL" "$SPCS_GIT_REF" 2>"$repo.err"; then
  run fetch -q "$SPCS_GIT_URL" '+refs/heads/*:refs/remotes/origin/*' '+refs/tags/*:refs/tags/*' 2>"$repo.err" \
    || fail 68 "$SPCS_GIT_URL cannot be fetched"
  run rev-parse -q --verify "$SPCS_GIT_REF^{commit}" >"$repo/.git/FETCH_HEAD" 2>/dev/null \
    || { echo 'fatal: no such branch, tag or commit' >"$repo.err"; fail 66 "no '$SPCS_GIT_REF' in $SPCS_GIT_URL"; }
fi
GIT_COMMIT=$(run rev-parse --verify 'FETCH_HEAD^{commit}' 2>"$repo.err") || fail 66 "ref '$SPCS_GIT_REF' is no commit"
run checkout -q --detach "$GIT_COMMIT" 2>"$repo.err" || fail 73 "cannot check out $GIT_COMMIT"
export GIT_COMMIT; unset SPCS_GIT_TOKEN; rm -f "$repo.err"
[ ! -d /airflow/xcom ] || printf '%s\n' "$GIT_COMMIT" >/airflow/xcom/git_commit
say "$SPCS_GIT_URL at '$SPCS_GIT_REF' is commit $GIT_COMMIT"
cd "$repo/$SPCS_GIT_DIRECTORY" || { say "directory '$SPCS_GIT_DIRECTORY' is not in the repository"; exit 66; }
exec "$@"
"""


@dataclass(frozen=True)
class GitSource:
    """A repository, the ref to run, and the secret that opens it.

    The container clones it into a temporary directory, exports ``GIT_COMMIT``, and runs its command there.

    Args:
        url: ``https://...`` (or ``http://``) without user or password.
        ref: Branch, tag or commit.
        secret: Name of the Snowflake secret with the token; None for a public repository.
        secret_key: Which part of it: ``secret_string`` (type GENERIC_STRING) or ``password`` (type PASSWORD).
        directory: Directory of the repository in which the command runs.
    """

    url: str
    ref: str = "main"
    secret: str | None = None
    secret_key: str = "secret_string"  # noqa: S105 - a key's name
    directory: str = "."

    template_fields: ClassVar[Sequence[str]] = ("url", "ref", "secret", "directory")

    def check(self) -> None:
        """Refuse what cannot be cloned, or would show a token.

        Raises:
            SpecError: URL with credentials or of another scheme, a ref that git would read as an option, and the like.
        """
        parts = urlsplit(self.url)
        if parts.username is not None or parts.password is not None:
            raise SpecError(
                "git.url",
                f"the URL of {parts.hostname!r} holds credentials",
                "A URL is shown in logs and in the job's specification",
                "Give the token as a Snowflake secret: GitSource(url, ref, secret='GITHUB_TOKEN')",
            )
        if parts.scheme not in _SCHEMES or not parts.hostname:
            raise SpecError(
                "git.url",
                f"{self.url!r} is not an http(s) URL",
                "The container clones over HTTPS, through an external access integration",
                "Write it as 'https://github.com/your-org/your-repo.git'",
            )
        if not _REF.match(self.ref) or ".." in self.ref:
            raise SpecError(
                "git.ref",
                f"{self.ref!r} is no ref",
                "A ref is a branch, a tag or a commit, in letters, digits and . _ / @ + -",
                "Give one that `git rev-parse` accepts",
            )
        if self.directory.startswith("/") or ".." in self.directory.split("/"):
            raise SpecError(
                "git.directory",
                f"{self.directory!r} leaves the repository",
                "It is a path inside the repository",
                "Give it relative to the repository's root",
            )

    def environment(self) -> dict[str, str]:
        """The variables that the clone step reads; the token is not among them."""
        return {"SPCS_GIT_URL": self.url, "SPCS_GIT_REF": self.ref, "SPCS_GIT_DIRECTORY": self.directory}

    def command(self, arguments: Sequence[str]) -> tuple[list[str], list[str]]:
        """``(command, args)`` of a container that clones and then becomes ``arguments``."""
        return ["/bin/sh", "-c"], [_SCRIPT, "git-source", *arguments]
