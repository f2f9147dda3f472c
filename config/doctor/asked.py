"""What a check is given."""

from dataclasses import dataclass

from config.status.facts import Facts


@dataclass(frozen=True)
class Asked:
    """`reach` are URLs to ping; `public` where the site is to answer from outside, None if that is not to be tried."""

    facts: Facts
    reach: tuple[str, ...] = ()
    public: tuple[str, ...] | None = None
