//! Promise: the SIMD level that is taken is the processor's, and every lower one can be forced.

use shallownet::{Activation, Backend, Columns, Error, Level, Network, TrainingWorkspace};

/// What the target has, found by other means than the library's; `None` where only the machine
/// knows.
fn level_of_the_target() -> Option<Level> {
    if cfg!(target_arch = "aarch64") {
        Some(Level::Neon)
    } else if cfg!(target_arch = "wasm32") {
        let simd = cfg!(target_feature = "simd128");
        Some(if simd { Level::Wasm } else { Level::Fallback })
    } else {
        None
    }
}

/// The lowest levels need a feature.
fn is_built(level: Level) -> bool {
    !matches!(level, Level::Fallback | Level::Sse2) || cfg!(feature = "all-levels")
}

#[test]
fn the_level_is_the_targets() {
    let best = Level::detect();
    if let Some(expected) = level_of_the_target() {
        let all = if is_built(expected) { vec![expected] } else { Vec::new() };
        assert_eq!((best, Level::available()), (expected, all));
    }
    // Whoever runs the tests for another processor says which level is to be tried.
    if let Ok(name) = std::env::var("SHALLOWNET_LEVEL") {
        assert_eq!(best.name(), name);
    }
    println!("{} {}: {:?}", std::env::consts::ARCH, best.name(), Level::available());
}

/// On x86-64 there are always at least SSE2 and, with them, everything below the machine's best.
#[cfg(target_arch = "x86_64")]
#[test]
fn every_level_up_to_the_best_is_available() {
    let all = [Level::Sse2, Level::Avx2, Level::Avx512];
    let best = all.iter().position(|level| *level == Level::detect()).unwrap();
    let built: Vec<Level> = all[..=best].iter().copied().filter(|l| is_built(*l)).collect();
    assert_eq!(Level::available(), built);
}

/// What is forced is what runs, and it trains.
#[test]
fn every_available_level_trains() {
    let (x, y) = ([0.0_f32, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0], [0.0_f32, 1.0, 1.0, 0.0]);
    let (x, y) = (Columns::new(&x, 2).unwrap(), Columns::new(&y, 1).unwrap());
    for level in Level::available() {
        for hidden in [4, 40] {
            let mut net = Network::builder(2)
                .layer(hidden, Activation::Tanh)
                .layer(1, Activation::Sigmoid)
                .init(shallownet::Init::XavierNormal, 3)
                .backend(Backend::Fused)
                .level(level)
                .build()
                .unwrap();
            assert_eq!((net.backend(), net.level()), (Backend::Fused, Some(level)));
            let mut workspace = TrainingWorkspace::new(&net, 4).unwrap();
            for _ in 0..2000 {
                net.step(x, y, 1.0, &mut workspace).unwrap();
            }
            let mut a = [0.0; 4];
            net.predict(x, &mut a, &mut workspace).unwrap();
            assert_eq!(a.map(f32::round), [0.0, 1.0, 1.0, 0.0], "{level:?} {hidden}");
        }
    }
}

/// Nobody asks for a backend: then it is `fused` where the processor has FMA, or where a level is
/// forced. The other backends have no levels.
#[test]
fn auto_is_fused_with_fma_or_with_a_level() {
    let builder = || Network::<f32>::builder(2).layer(1, Activation::Sigmoid);
    let (net, best) = (builder().build().unwrap(), Level::detect());
    let fused = (Backend::Fused, Some(best));
    let expected = if best.has_fma() { fused } else { (Backend::Portable, None) };
    assert_eq!((net.backend(), net.level()), expected);
    for level in Level::available() {
        let net = builder().level(level).build().unwrap();
        assert_eq!((net.backend(), net.level()), (Backend::Fused, Some(level)));
        let refused = builder().backend(Backend::Portable).level(level).build().unwrap_err();
        assert_eq!(refused, Error::LevelBackend { backend: Backend::Portable });
    }
}
