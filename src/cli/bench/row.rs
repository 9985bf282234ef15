//! The table: tab-separated, one line a measurement.

use std::fmt;

use shallownet::testing::measure::Kind;

/// The names of the columns; `percentiles` adds two.
pub(crate) fn header(percentiles: bool) -> String {
    let columns = "shape kind backend threads median_ns gflops fraction_of_peak vs_reference";
    let more = if percentiles { " p50_ns p99_ns" } else { "" };
    format!("{columns}{more}").replace(' ', "\t")
}

/// One measurement.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Row {
    pub(crate) shape: &'static str,
    pub(crate) kind: Kind,
    pub(crate) backend: &'static str,
    pub(crate) threads: usize,
    pub(crate) median_ns: f64,
    pub(crate) gflops: f64,
    pub(crate) fraction_of_peak: f64,
    pub(crate) vs_reference: f64,
    /// `None`: not asked for. `Some(None)`: no short call.
    pub(crate) percentiles: Option<Option<(f64, f64)>>,
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { shape, backend, threads, median_ns, gflops, .. } = self;
        let (kind, peak, reference) = (self.kind.name(), self.fraction_of_peak, self.vs_reference);
        write!(f, "{shape}\t{kind}\t{backend}\t{threads}\t{median_ns:.1}\t{gflops:.3}")?;
        write!(f, "\t{peak:.4}\t{reference:.2}")?;
        match self.percentiles {
            None => Ok(()),
            Some(None) => write!(f, "\t-\t-"),
            Some(Some((p50, p99))) => write!(f, "\t{p50:.1}\t{p99:.1}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROW: Row = Row {
        shape: "S1",
        kind: Kind::Forward,
        backend: "fused",
        threads: 2,
        median_ns: 1234.56,
        gflops: 12.0,
        fraction_of_peak: 0.12345,
        vs_reference: 9.876,
        percentiles: None,
    };

    #[test]
    fn a_row_has_the_columns_of_the_header() {
        assert_eq!(ROW.to_string(), "S1\tforward\tfused\t2\t1234.6\t12.000\t0.1235\t9.88");
        let columns = "shape kind backend threads median_ns gflops fraction_of_peak vs_reference";
        assert_eq!(header(false).split('\t').collect::<Vec<_>>().join(" "), columns);
        for percentiles in [None, Some(None), Some(Some((1.0, 2.0)))] {
            let line = Row { percentiles, ..ROW }.to_string();
            let names = header(percentiles.is_some());
            assert_eq!(line.split('\t').count(), names.split('\t').count());
            assert!(!line.contains(['\n', ' ']));
        }
        assert!(header(true).ends_with("\tp50_ns\tp99_ns"));
        let short = Row { percentiles: Some(Some((31.25, 40.0))), ..ROW };
        assert!(short.to_string().ends_with("\t31.2\t40.0"));
    }
}
