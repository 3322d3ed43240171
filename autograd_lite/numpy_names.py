"""NumPy's names, for the page on what differentiates: those of NumPy 2.4.

The lists are fixed, so that the page does not depend on which NumPy makes it.
"""

from __future__ import annotations

NUMPY_VERSION = (2, 4)

COULD = {
    "np.": """
        abs absolute acos acosh add amax amin angle append apply_along_axis
        apply_over_axes arccos arccosh arcsin arcsinh arctan arctan2 arctanh around
        array_split asin asinh astype atan atan2 atanh atleast_1d atleast_2d atleast_3d
        average block broadcast_arrays broadcast_to cbrt ceil choose clip column_stack
        compress concat concatenate conj conjugate convolve copy copysign corrcoef
        correlate cos cosh cov cross cumprod cumsum cumulative_prod cumulative_sum
        deg2rad degrees delete diag diagflat diagonal diff divide divmod dot dsplit
        dstack ediff1d einsum exp exp2 expand_dims expm1 extract fabs fix flip fliplr
        flipud float_power floor floor_divide fmax fmin fmod frexp geomspace gradient
        heaviside hsplit hstack hypot i0 imag inner insert interp kron ldexp linspace
        log log10 log1p log2 logaddexp logaddexp2 logspace matmul matrix_transpose
        matvec max maximum mean median meshgrid min minimum mod modf moveaxis multiply
        nan_to_num nancumprod nancumsum nanmax nanmean nanmedian nanmin nanpercentile
        nanprod nanquantile nanstd nansum nanvar negative outer pad partition percentile
        permute_dims piecewise poly polyadd polyder polydiv polyfit polyint polymul
        polysub polyval positive pow power prod ptp quantile rad2deg radians ravel real
        real_if_close reciprocal remainder repeat reshape resize rint roll rollaxis
        roots rot90 round select sign sin sinc sinh sort sort_complex split sqrt square
        squeeze stack std subtract sum swapaxes take take_along_axis tan tanh tensordot
        tile trace transpose trapezoid tril trim_zeros triu true_divide trunc unstack
        unwrap vander var vdot vecdot vecmat vsplit vstack where
    """.split(),
    "np.linalg.": """
        cholesky cond cross det diagonal eig eigh eigvals eigvalsh inv lstsq matmul
        matrix_norm matrix_power matrix_transpose multi_dot norm outer pinv qr slogdet
        solve svd svdvals tensordot tensorinv tensorsolve trace vecdot vector_norm
    """.split(),
    "np.fft.": """
        fft fft2 fftn fftshift hfft ifft ifft2 ifftn ifftshift ihfft irfft irfft2 irfftn
        rfft rfft2 rfftn
    """.split(),
    "np.emath.": """
        arccos arcsin arctanh log log10 log2 logn power sqrt
    """.split(),
}
"""Functions of numbers that have a derivative somewhere, by namespace."""

PLAIN_RESULTS = """
    all allclose any argmax argmin argpartition argsort argwhere array2string
    array_equal array_equiv array_repr array_str bitwise_and bitwise_count
    bitwise_invert bitwise_left_shift bitwise_not bitwise_or bitwise_right_shift
    bitwise_xor count_nonzero empty_like equal flatnonzero full_like gcd greater
    greater_equal invert iscomplex iscomplexobj isclose isfinite isinf isnan isneginf
    isposinf isreal isrealobj lcm left_shift less less_equal logical_and logical_not
    logical_or logical_xor may_share_memory ndim nextafter nonzero not_equal ones_like
    result_type right_shift searchsorted shape shares_memory signbit size spacing
    zeros_like
""".split()
"""Functions of numbers whose results have no derivative; all of them in `np`."""

LEFT_OUT = {
    "make an array out of numbers, or of data that is no tensor": """
        arange array asanyarray asarray asarray_chkfinite ascontiguousarray
        asfortranarray asmatrix bartlett blackman bmat diag_indices empty eye
        from_dlpack frombuffer fromfunction fromiter fromregex fromstring full hamming
        hanning identity indices kaiser mask_indices ones require tri tril_indices
        triu_indices zeros fft.fftfreq fft.rfftfreq
    """.split(),
    "give integers, truth values or positions": """
        bincount diag_indices_from digitize histogram histogram2d histogramdd
        histogram_bin_edges isfortran isin isnat isscalar iterable ix_ lexsort nanargmax
        nanargmin packbits ravel_multi_index tril_indices_from triu_indices_from
        unpackbits unravel_index linalg.matrix_rank
    """.split(),
    "are of sets: how many come back depends on the values": """
        intersect1d setdiff1d setxor1d union1d unique unique_all unique_counts
        unique_inverse unique_values
    """.split(),
    "write into an argument": """
        copyto fill_diagonal place put put_along_axis putmask
    """.split(),
    "are of text and dates": """
        base_repr binary_repr busday_count busday_offset datetime_as_string
        datetime_data format_float_positional format_float_scientific is_busday
    """.split(),
    "ask for types, shapes or the best order": """
        broadcast_shapes can_cast common_type einsum_path isdtype issubdtype
        min_scalar_type mintypecode promote_types typename
    """.split(),
    "read and write files": """
        fromfile genfromtxt load loadtxt save savetxt savez savez_compressed
    """.split(),
    "make functions and iterators": """
        frompyfunc nested_iters
    """.split(),
    "are deprecated": """
        row_stack
    """.split(),
    "are NumPy's own affairs": """
        get_include get_printoptions getbufsize geterr geterrcall info printoptions
        set_printoptions setbufsize seterr seterrcall show_config show_runtime test
        linalg.test fft.test
    """.split(),
}
"""Functions that no derivative is expected of, by the reason."""

METHODS = """
    T all any argmax argmin argpartition argsort astype base byteswap choose clip
    compress conj conjugate copy ctypes cumprod cumsum data device diagonal dot dtype
    dump dumps fill flags flat flatten getfield imag item itemsize mT max mean min
    nbytes ndim nonzero partition prod put ravel real repeat reshape resize round
    searchsorted setfield setflags shape size sort squeeze std strides sum swapaxes take
    to_device tobytes tofile tolist trace transpose var view
""".split()

PLAIN_METHODS = """
    all any argmax argmin argpartition argsort data device dtype item itemsize nbytes ndim nonzero
    searchsorted shape size tolist
""".split()
"""Methods and attributes without a derivative."""

METHODS_LEFT_OUT = {
    "write into the array": "fill partition put resize setfield setflags sort".split(),
    "show the memory behind it": """
        base byteswap ctypes dump dumps flags flat getfield strides to_device tobytes tofile view
    """.split(),
}

OPERATORS = {
    **{"+": "add", "-": "sub", "*": "mul", "/": "truediv", "//": "floordiv", "%": "mod"},
    **{"**": "pow", "@": "matmul", "-x": "neg", "+x": "pos", "abs(x)": "abs", "x[i]": "getitem"},
    **{"divmod(x, y)": "divmod", "round(x)": "round"},
}
"""Operators that could differentiate, with the middle of their method's name."""
