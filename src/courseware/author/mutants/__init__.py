"""Makes mistakes in the reference by itself, and finds those that no check notices."""

from courseware.author.mutants.making import mutants_of
from courseware.author.mutants.mutant import Mutant
from courseware.author.mutants.survivors import Excuse, Figure, excuses_of, figures
from courseware.author.mutants.trying import Trial, try_out

__all__ = ["Excuse", "Figure", "Mutant", "Trial", "excuses_of", "figures", "mutants_of", "try_out"]
