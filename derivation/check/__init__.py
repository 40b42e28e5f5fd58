"""Every step of a derivation compared in all cases, attacked where it is a bound, and reported."""
