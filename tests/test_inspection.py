"""`explain` and `draw`, the user's lines, and what a read of `.grad` says."""

import copy
import re
import subprocess

import numpy as np
import pytest

import autograd_lite as ag
import nn
from autograd_lite import errors, inspection, lines


def leaf(values):
    return ag.tensor(values, dtype=np.float64, requires_grad=True)


def rows(text):
    return [line for line in text.splitlines() if re.match(r"[│├─ ]*#", line)]


def test_a_history_reads_from_the_result_to_the_leaves():
    w, x = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    h = ag.exp(w)
    text = ag.explain((h * ag.sin(h) + ag.log(x) * 2.5).sum(), names={"w": w})
    assert text.splitlines() == [
        "float64 () by 7 ops, which keep 48 bytes, 16 bytes of them the leaves' own",
        ".grad is not kept: it is no leaf; call retain_grad() before backward()",
        "#7 sum(#6)               float64 ()",
        "#6 add(#3, #5)           float64 (2,)",
        "├─ #5 multiply(#4, 2.5)  float64 (2,)",
        "│  #4 log(leaf 2)        float64 (2,)  keeps 16 bytes",
        "#3 multiply(#1, #2)      float64 (2,)  keeps 32 bytes",
        "#2 sin(#1)               float64 (2,)  keeps 16 bytes",
        "#1 exp(w)                float64 (2,)  keeps 16 bytes",
        "w                        float64 (2,)  .grad is None: no backward pass has left one here",
        "leaf 2                   float64 (2,)  .grad is None: no backward pass has left one here",
    ]
    assert repr(text) == str(text)


def test_what_several_ops_read_is_shown_once():
    x = leaf(0.5)
    y = x
    for _ in range(20):
        y = y * y  # a tree would have a million leaves
    text = ag.explain(y)
    assert len(rows(text)) == 20
    assert rows(text)[-1].startswith("#1 multiply(leaf 1, leaf 1)")


@pytest.mark.parametrize(
    "step",
    [
        lambda h, w: h + ag.tanh(h) * w,
        lambda h, w: ag.tanh(h * w) + h,
        lambda h, w: ag.exp(w) * w + h,
        lambda h, w: h + ag.exp(w) * w,
    ],
)
def test_deep_graphs_stay_narrow(step):
    w = leaf(0.1)
    h = w * 1
    for _ in range(1000):
        h = step(h, w)
    text = ag.explain(h)
    assert len(rows(text)) >= 2001
    assert max(map(len, text.splitlines())) < 100
    assert ag.draw(h).count(" -> ") >= 2001


def test_many_inputs_and_kept_arrays():
    parts = [leaf([1.0]) * k for k in range(3)]
    text = ag.explain(ag.concatenate(parts))
    assert re.search(r"#4 concatenate\(\[#1, #2, #3\]\)", text)
    text = ag.explain(ag.tensor(np.ones((2, 3))) @ leaf(np.ones((3, 4))))
    assert "#1 matmul(float64 (2, 3), leaf 1)" in text


def test_depth_stops_and_says_how_much_is_left():
    y = leaf(2.0)
    for _ in range(10):
        y = ag.sin(y)
    text = ag.explain(y, depth=3)
    assert len(rows(text)) == 3
    assert "#1 sin(...)" in text
    assert text.endswith("... 7 more ops beyond depth=3")
    assert text.startswith("float64 () by 10 ops")
    assert ag.draw(y, depth=3).count("label=") == 3


def test_layers_give_the_names():
    net = nn.Sequential([nn.layers.Input((2,)), nn.layers.Dense(3), nn.layers.Dense(1)])
    text = ag.explain(net(np.ones((4, 2), np.float32)).sum(), names=net.named_parameters())
    for name, _ in net.named_parameters():
        assert name in text


def test_lines_are_the_users_own():
    net = nn.Sequential([nn.layers.Input((2,)), nn.layers.Dense(3, activation="tanh")])
    x = ag.tensor(np.ones((4, 2)))
    with ag.detect_anomaly():
        loss = (np.square(net(x)) + 1).mean()
    text = ag.explain(loss)
    assert re.search(r"#\d+ tanh.*test_inspection\.py:\d+, `net\(x\)`", text)
    assert re.search(r"#\d+ square.*test_inspection\.py:\d+, `np\.square\(net\(x\)\)`", text)
    assert re.search(r'label="tanh.*tooltip=".*test_inspection', ag.draw(loss))


def test_a_line_without_source_is_its_number():
    program = compile("\n\nfound = f()", "nowhere.py", "exec")
    user = {"f": lines.user_line, "__name__": "elsewhere"}
    exec(program, user)
    assert str(user["found"]) == "nowhere.py:3"
    library = {"f": lines.user_line, "__name__": "nn.elsewhere"}
    exec(program, library)
    assert library["found"].code.co_filename == __file__


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: ag.tensor(2.0), r"without a history\nleaf 1 .*does not require one"),
        (lambda: leaf(2.0), r"a leaf\nleaf 1 .*no backward pass has left one here"),
        (lambda: used(leaf(2.0)), r"a leaf\nleaf 1 .*has \.grad"),
        (lambda: freed(leaf(2.0)), r"by `sin`; a backward pass has freed the rest"),
        (lambda: retained(leaf(2.0)), r"1 op, which keep.*\nit is no leaf, and has hooks"),
    ],
)
def test_every_kind_of_tensor_is_explained(make, says):
    assert re.search(says, ag.explain(make()))


def used(x):
    ag.sin(x).backward()
    return x


def freed(x):
    y = ag.sin(x)
    y.backward()
    return y


def retained(x):
    y = ag.sin(x)
    y.retain_grad()
    return y


def test_arrays_have_no_history():
    for function in (ag.explain, ag.draw):
        with pytest.raises(TypeError, match=r"only a Tensor has a history\n  got: +ndarray"):
            function(np.ones(2))


def test_a_drawing_quotes_names(tmp_path):
    x = leaf(1.0)
    text = ag.draw(ag.sin(x), names={'a "b" \\c': x})
    assert 'leaf1 [label="a \\"b\\" \\\\c\\nfloat64 ()", style=filled];' in text
    text.save(tmp_path / "a.dot")
    text.save(tmp_path / "picture", format="gv")
    assert (tmp_path / "a.dot").read_text() == (tmp_path / "picture").read_text() == text


def test_pictures_are_made_by_dot(tmp_path, monkeypatch):
    drawing = ag.draw(ag.sin(leaf(1.0)))
    with pytest.raises(ValueError, match="no format for the file"):
        drawing.save(tmp_path / "picture")
    monkeypatch.setattr(inspection.shutil, "which", lambda name: None)
    with pytest.raises(FileNotFoundError, match=r"`dot` is not installed\n.*apt install graphviz"):
        drawing.save(tmp_path / "a.svg")
    assert not (tmp_path / "a.svg").exists()

    def run(command, input, **settings):  # `dot`'s manners, as it need not be there
        wrong = command[1] == "-Todd"
        return subprocess.CompletedProcess(command, wrong, input[:9], b"no such format\n")

    monkeypatch.setattr(inspection.shutil, "which", lambda name: "/bin/dot")
    monkeypatch.setattr(inspection.subprocess, "run", run)
    drawing.save(tmp_path / "a.svg")
    assert (tmp_path / "a.svg").read_bytes() == b"digraph {"
    with pytest.raises(ValueError, match="no such format"):
        drawing.save(tmp_path / "a.odd")


# A read of `.grad`.


def test_grad_of_what_an_op_made_says_why_it_is_none():
    x = leaf(2.0)
    y = ag.sin(x)
    with pytest.warns(UserWarning, match=r"an op made.*retain_grad\(\)") as caught:
        assert y.grad is None
    assert caught[0].filename == __file__
    y.retain_grad()
    assert y.grad is None
    y.backward()
    y.retain_grad()
    assert y.grad is not None


def test_leaves_and_copies_are_silent():
    x = leaf(2.0)
    assert x.grad is None
    assert ag.tensor(2.0).grad is None
    with ag.no_grad():
        assert (x * 2).grad is None
    assert copy.copy(x * 2).requires_grad
    assert copy.deepcopy(x).grad is None


def test_other_attributes_raise_as_ever():
    class Broken(ag.Tensor):
        @property
        def broken(self):
            return self.missing

    with pytest.raises(AttributeError, match="no attribute 'missing'"):
        Broken(np.ones(2)).broken  # noqa: B018
    with pytest.raises(AttributeError, match="no attribute 'gra'") as error:
        leaf(1.0).gra  # noqa: B018
    assert (error.value.name, type(error.value.obj)) == ("gra", ag.Tensor)


def test_errors_of_a_backward_pass_name_the_line():
    x = leaf([1.0, 2.0])
    with ag.detect_anomaly():
        y = ag.exp(x)
    y.sum().backward()
    with pytest.raises(errors.GradientError, match=r"`exp`, called at .*\d, `ag.exp\(x\)`: the gr"):
        ag.sin(y).sum().backward()
