import workshop_utils as wu
from workshop_utils.figures.source import source_of


def marked(thing):
    return thing


@marked
class Shown:
    """What it is.

    Args:
        size: how large, N×3.
    """

    size = 3  # kept, as every comment

    @marked
    def grow(self, by):
        """Grow: "larger" than before.

        Returns:
            Nothing.
        """

        def inner():
            r"""Do it.

            And more."""
            return "Args:"

        self.size += inner() and by  # 1 -> 2

    def same(self):
        """Say it in one line."""
        return self.size


SHORT = '''\
@marked
class Shown:
    """What it is."""

    size = 3  # kept, as every comment

    @marked
    def grow(self, by):
        """Grow: "larger" than before."""

        def inner():
            """Do it."""
            return "Args:"

        self.size += inner() and by  # 1 -> 2

    def same(self):
        """Say it in one line."""
        return self.size
'''


def test_of_docstrings_the_first_line_is_shown_and_all_else_as_it_stands():
    assert source_of(Shown) == SHORT


def test_a_method_is_shown_without_its_indentation():
    assert source_of(Shown.same).startswith('def same(self):\n    """Say it in one line."""\n')


def test_a_function_is_displayed_as_code(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    wu.show_source(wu.train)
    assert "loss.backward()" in shown[0].data
    assert "Args:" not in shown[0].data
