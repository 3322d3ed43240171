"""Initializers: their limits and variances, over the whole table."""

import math

import numpy as np
import pytest

import autograd_lite as ag
from nn import initializers
from nn.initializers import INITIALIZERS, VarianceScaling

# name -> (bound on absolute values, standard deviation) for a shape with fans 200 and 100.
SCALED = {
    "glorot_uniform": (math.sqrt(6 / 300), math.sqrt(2 / 300)),
    "he_uniform": (math.sqrt(6 / 200), math.sqrt(2 / 200)),
    "lecun_uniform": (math.sqrt(3 / 200), math.sqrt(1 / 200)),
    "glorot_normal": (2 * math.sqrt(2 / 300) / 0.87962566103423978, math.sqrt(2 / 300)),
    "he_normal": (2 * math.sqrt(2 / 200) / 0.87962566103423978, math.sqrt(2 / 200)),
    "lecun_normal": (2 * math.sqrt(1 / 200) / 0.87962566103423978, math.sqrt(1 / 200)),
    "uniform": (0.05, 0.05 / math.sqrt(3)),
    "normal": (np.inf, 0.05),
    "truncated_normal": (0.1, 0.05 * 0.87962566103423978),
    "variance_scaling": (2 * math.sqrt(1 / 200) / 0.87962566103423978, math.sqrt(1 / 200)),
    "orthogonal": (1.0, math.sqrt(1 / 200)),
}


@pytest.mark.parametrize("name", SCALED)
def test_bound_and_spread(name):
    ag.set_seed(1)
    bound, stddev = SCALED[name]
    drawn = INITIALIZERS[name]((200, 100))
    assert np.abs(drawn).max() <= bound
    assert abs(drawn.std() / stddev - 1) < 0.02
    assert abs(drawn.mean()) < 0.02 * stddev * 5
    if np.isfinite(bound) and name != "orthogonal":
        assert np.abs(drawn).max() > 0.95 * bound


@pytest.mark.parametrize("name", INITIALIZERS)
def test_shape_dtype_and_seed(name):
    ag.set_seed(3)
    first = INITIALIZERS[name]((4, 5))
    ag.set_seed(3)
    second = INITIALIZERS[name]((4, 5), np.float64)
    assert first.shape == (4, 5) and first.dtype == np.float32
    assert second.dtype == np.float64
    np.testing.assert_array_equal(first, second.astype(np.float32))


def test_constants():
    np.testing.assert_array_equal(INITIALIZERS["zeros"]((2,)), [0, 0])
    np.testing.assert_array_equal(INITIALIZERS["ones"]((2,)), [1, 1])
    np.testing.assert_array_equal(initializers.Constant(2.5)((2,)), [2.5, 2.5])


def test_fans_include_the_window():
    ag.set_seed(0)
    drawn = VarianceScaling(1.0, "fan_in", "uniform")((3, 3, 4, 50))
    assert np.abs(drawn).max() <= math.sqrt(3 / 36)
    assert np.abs(drawn).max() > 0.95 * math.sqrt(3 / 36)


@pytest.mark.parametrize(
    ("mode", "fan"), [("fan_in", 9 * 4), ("fan_out", 9 * 50), ("fan_avg", 9 * 27)]
)
def test_spread_by_the_fans_of_a_window(mode, fan):
    for distribution in ("uniform", "truncated_normal", "untruncated_normal"):
        drawn = VarianceScaling(2.0, mode, distribution, seed=0)((3, 3, 4, 50))
        assert abs(drawn.var() * fan / 2 - 1) < 0.1


@pytest.mark.parametrize("shape", [(6, 4), (4, 6), (3, 2, 4), (5, 5)])
def test_orthogonal(shape):
    q = initializers.Orthogonal(2.0, seed=0)(shape, np.float64).reshape(-1, shape[-1])
    product = q.T @ q if q.shape[0] >= q.shape[1] else q @ q.T
    np.testing.assert_allclose(product, 4 * np.eye(len(product)), atol=1e-12)


def test_orthogonal_has_no_preferred_sign():
    ag.set_seed(0)
    signs = [np.sign(initializers.Orthogonal()((2, 2))[0, 0]) for _ in range(100)]
    assert 25 < signs.count(1.0) < 75


def test_identity():
    np.testing.assert_array_equal(initializers.Identity(3.0)((2, 2)), [[3, 0], [0, 3]])
    with pytest.raises(ag.errors.ShapeError, match="no matrix"):
        initializers.Identity()((2, 2, 2))


SEEDED = [
    initializers.RandomNormal,
    initializers.RandomUniform,
    initializers.TruncatedNormal,
    initializers.VarianceScaling,
    initializers.GlorotNormal,
    initializers.GlorotUniform,
    initializers.HeNormal,
    initializers.HeUniform,
    initializers.LecunNormal,
    initializers.LecunUniform,
    initializers.Orthogonal,
]


@pytest.mark.parametrize("make", SEEDED)
def test_a_seed_repeats_and_draws_nothing_from_the_library(make):
    state = ag.random.state()
    initializer = make(seed=3)
    np.testing.assert_array_equal(initializer((4, 5)), initializer((4, 5)))
    assert ag.random.state() == state
    assert (make(seed=4)((4, 5)) != initializer((4, 5))).any()


@pytest.mark.parametrize("name", ["he_normal", "HeNormal", initializers.HeNormal])
def test_by_name_or_class(name):
    assert initializers.get(name) == initializers.HeNormal()


def test_functions_pass_and_others_do_not():
    assert initializers.get(np.ones) is np.ones
    with pytest.raises(ValueError, match="did you mean 'glorot_"):
        initializers.get("glorot")
    with pytest.raises(TypeError, match="neither a name nor callable"):
        initializers.get(3)


@pytest.mark.parametrize(("shape", "fan"), [((), 1), ((50,), 50)])
def test_the_length_of_a_vector_is_both_fans(shape, fan):
    assert np.abs(initializers.GlorotUniform(seed=0)(shape)).max() <= math.sqrt(3 / fan)


def test_a_vector_is_not_orthogonal():
    with pytest.raises(ag.errors.ShapeError, match=r"got:      \(3,\)"):
        initializers.Orthogonal()((3,))


@pytest.mark.parametrize("name", sorted(set(INITIALIZERS) - {"normal", "uniform"}))
def test_snake_names_are_the_classes(name):
    kind = getattr(initializers, name)
    assert isinstance(kind, type) and kind() == INITIALIZERS[name] == initializers.get(kind)
    assert initializers.get(kind.__name__) == kind()


def test_snake_names_take_settings():
    one, two = (initializers.he_normal(seed=0)((3, 3)) for _ in range(2))
    np.testing.assert_array_equal(one, two)
    assert initializers.random_normal(stddev=0.1).stddev == 0.1
    assert initializers.constant(2.0)((1,)).tolist() == [2.0]


def test_unknown_mode_is_refused():
    with pytest.raises(ValueError, match="'fan_in'"):
        VarianceScaling(1.0, "fan_im", "uniform")((2, 2))


def test_numpys_global_state_is_left_alone():
    before = np.random.get_state()[1].copy()
    for initializer in INITIALIZERS.values():
        initializer((3, 3))
    np.testing.assert_array_equal(np.random.get_state()[1], before)
