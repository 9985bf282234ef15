//! One drawing as PNG and as SVG.

use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::sync::Once;

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::register_font;

use shallownet::io::atomic;

use crate::failure::Failure;

/// Width and height in pixels.
const SIZE: (u32, u32) = (1200, 900);
pub(super) const FONT: &str = "sans-serif";
pub(super) const TITLE: i32 = 34;
pub(super) const LABEL: i32 = 28;
pub(super) const TICK: i32 = 24;

/// A picture in both formats.
#[derive(Debug)]
pub(crate) struct Picture {
    pub(crate) png: Vec<u8>,
    pub(crate) svg: String,
}

impl Picture {
    fn paths(folder: &Path, name: &str) -> [PathBuf; 2] {
        ["png", "svg"].map(|end| folder.join(format!("{name}.{end}")))
    }

    /// Writes both formats to a folder that is there.
    pub(crate) fn save(&self, folder: &Path, name: &str) -> Result<[PathBuf; 2], Failure> {
        let [png, svg] = Self::paths(folder, name);
        atomic::write(&png, &self.png)?;
        atomic::write(&svg, self.svg.as_bytes())?;
        Ok([png, svg])
    }

    /// The same, in a folder that may have to be made.
    pub(crate) fn save_in(&self, folder: &Path, name: &str) -> Result<[PathBuf; 2], Failure> {
        std::fs::create_dir_all(folder)
            .map_err(|source| atomic::WriteError { file: folder.display().to_string(), source })?;
        self.save(folder, name)
    }

    /// Removes the pictures of an earlier run; other files stay.
    pub(crate) fn remove(folder: &Path, name: &str) {
        for path in Self::paths(folder, name) {
            let _ = atomic::remove(&path);
        }
    }
}

/// What `draw` draws. A panic in it, of the drawing library for instance, is an error like others:
/// otherwise the results would be lost with the picture.
pub(crate) fn attempt<R>(
    file: &'static str,
    draw: impl FnOnce() -> Result<R, Failure>,
) -> Result<R, Failure> {
    let hook = std::panic::take_hook();
    // The caller prints one line about it.
    std::panic::set_hook(Box::new(|_| {}));
    let drawn = std::panic::catch_unwind(AssertUnwindSafe(draw));
    std::panic::set_hook(hook);
    drawn.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let reason = text.or_else(|| panic.downcast_ref::<&str>().copied());
        let reason = reason.unwrap_or("the drawing gave up").to_owned();
        Err(Failure::Picture { file, reason })
    })
}

/// A drawing, whatever it is drawn on.
pub(super) trait Drawing {
    /// What messages call it.
    const NAME: &'static str;

    fn draw<B: DrawingBackend>(&self, area: &Area<B>) -> Drawn<B>;
}

pub(super) type Area<B> = DrawingArea<B, Shift>;
pub(super) type Drawn<B> = Result<(), DrawingAreaErrorKind<<B as DrawingBackend>::ErrorType>>;

pub(super) fn picture<D: Drawing>(drawing: &D) -> Result<Picture, Failure> {
    let failed = |reason: String| Failure::Picture { file: D::NAME, reason };
    load_font();
    let mut pixels = vec![255; SIZE.0 as usize * SIZE.1 as usize * 3];
    let bitmap = BitMapBackend::with_buffer(&mut pixels, SIZE).into_drawing_area();
    drawing.draw(&bitmap).map_err(|error| failed(error.to_string()))?;
    bitmap.present().map_err(|error| failed(error.to_string()))?;
    drop(bitmap);

    let mut svg = String::new();
    let vector = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
    drawing.draw(&vector).map_err(|error| failed(error.to_string()))?;
    vector.present().map_err(|error| failed(error.to_string()))?;
    drop(vector);
    Ok(Picture { png: png(&pixels).map_err(|error| failed(error.to_string()))?, svg })
}

/// Plotters writes PNG straight to a path; these bytes can be written in one piece.
fn png(pixels: &[u8]) -> Result<Vec<u8>, png::EncodingError> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, SIZE.0, SIZE.1);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(pixels)?;
    writer.finish()?;
    Ok(bytes)
}

/// DejaVu Sans, from the program itself: no font of the system is looked for.
fn load_font() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // A font that could not be read shows as an error at the first text drawn.
        let _ = register_font(FONT, FontStyle::Normal, dejavu::sans::regular());
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_error_that_names_the_picture() {
        let mut counts = [1, 2];
        let drawn = attempt("the counts", || {
            counts[0] = 3;
            let none = &counts[2..];
            Ok(none[counts.len()])
        });
        let line = drawn.unwrap_err().to_string();
        assert!(line.starts_with("the counts: could not be drawn: index out of bounds"), "{line}");
        assert_eq!(attempt("the counts", || Ok(counts[0])).unwrap(), 3);
    }
}
