//! The SIMD levels: which this machine has, and how one is forced.

use fearless_simd::Level as Token;

use super::names::names;

/// A SIMD level of the `fused` backend. By default the best that the machine has is taken; a
/// lower one can be forced with [`Builder::level`](crate::Builder::level), for tests and for
/// programs that must give the same bits on machines with and without FMA.
///
/// All levels with FMA (AVX2, AVX-512, NEON) give the same bits.
///
/// ```
/// use shallownet::{Activation, Backend, Level, Network};
///
/// for level in Level::available() {
///     let net = Network::<f32>::builder(2)
///         .layer(1, Activation::Sigmoid)
///         .backend(Backend::Fused)
///         .level(level)
///         .build()?;
///     assert_eq!(net.level(), Some(level));
/// }
/// # Ok::<(), shallownet::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Level {
    /// Plain scalar code, on processors without any of the others.
    Fallback,
    /// x86-64's baseline: 4 lanes of f32, no FMA. Also what processors with SSE4.2 take.
    Sse2,
    /// AVX2 and FMA: 8 lanes of f32.
    Avx2,
    /// AVX-512 as of Ice Lake and Zen 4: 16 lanes of f32.
    Avx512,
    /// 64-bit Arm: 4 lanes of f32.
    Neon,
    /// WebAssembly with 128-bit SIMD: 4 lanes of f32, no FMA.
    Wasm,
}

impl Level {
    const ALL: [Self; 6] =
        [Self::Fallback, Self::Sse2, Self::Avx2, Self::Avx512, Self::Neon, Self::Wasm];

    /// The best level of this machine. Cheap: the processor is asked once a program.
    ///
    /// ```
    /// # use shallownet::Level;
    /// println!("{}", Level::detect().name());
    /// ```
    pub fn detect() -> Self {
        Self::of(Token::new())
    }

    /// Every level that networks can have on this machine, lowest first. [`Fallback`](Self::Fallback)
    /// and [`Sse2`](Self::Sse2) are in builds with the feature `all-levels` only:
    /// [`Backend::Auto`](crate::Backend::Auto) takes no level without FMA.
    ///
    /// ```
    /// # use shallownet::Level;
    /// assert!(Level::available().is_sorted());
    /// ```
    pub fn available() -> Vec<Self> {
        let is_built = |level: Self| {
            cfg!(feature = "all-levels") || !matches!(level, Self::Fallback | Self::Sse2)
        };
        let all = Self::ALL.into_iter();
        all.filter(|&level| is_built(level) && level.token().is_some()).collect()
    }

    /// The name in lower case.
    ///
    /// ```
    /// assert_eq!(shallownet::Level::Avx2.name(), "avx2");
    /// ```
    pub fn name(self) -> &'static str {
        match self {
            Self::Fallback => "fallback",
            Self::Sse2 => "sse2",
            Self::Avx2 => "avx2",
            Self::Avx512 => "avx512",
            Self::Neon => "neon",
            Self::Wasm => "wasm",
        }
    }

    /// The level of that name, or `None`.
    ///
    /// ```
    /// # use shallownet::Level;
    /// assert_eq!(Level::from_name("avx512"), Some(Level::Avx512));
    /// ```
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.name() == name)
    }

    /// Does a multiplication with addition round once at this level? If so, results have the same
    /// bits as at every other level that says yes.
    ///
    /// ```
    /// # use shallownet::Level;
    /// assert!(Level::Avx512.has_fma() && !Level::Sse2.has_fma());
    /// ```
    pub fn has_fma(self) -> bool {
        matches!(self, Self::Avx2 | Self::Avx512 | Self::Neon)
    }

    pub(crate) fn of(token: Token) -> Self {
        match token {
            #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
            Token::Avx512(_) => Self::Avx512,
            #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
            Token::Avx2(_) => Self::Avx2,
            #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
            Token::Sse4_2(_) | Token::Sse2(_) => Self::Sse2,
            #[cfg(target_arch = "aarch64")]
            Token::Neon(_) => Self::Neon,
            #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
            Token::WasmSimd128(_) => Self::Wasm,
            _ => Self::Fallback,
        }
    }

    /// The proof that this machine has the level, if it does.
    pub(crate) fn token(self) -> Option<Token> {
        let best = Token::new();
        match self {
            #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
            Self::Sse2 => best.as_sse2().map(Token::Sse2),
            #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
            Self::Avx2 => best.as_avx2().map(Token::Avx2),
            #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
            Self::Avx512 => best.as_avx512().map(Token::Avx512),
            _ => Some(best).filter(|&best| Self::of(best) == self),
        }
    }
}

names!(Level, "SIMD level", Self::ALL);
