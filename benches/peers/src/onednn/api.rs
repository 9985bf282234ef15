//! The part of oneDNN's C interface, version 3, that fully connected layers need. What is made here
//! is kept for as long as the program runs.

use std::ffi::{c_char, c_int, c_uint, c_void};
use std::ptr;

use libloading::Library;

use crate::foreign::{function, load};

const FILE: &str = "libdnnl.so.3";
const F32: c_int = 3;
const ANY_LAYOUT: c_int = 1;
const CPU: c_int = 1;
const IN_ORDER: c_uint = 1;
/// oneDNN allocates.
const ALLOCATE: *mut c_void = usize::MAX as *mut c_void;

pub const TRAINING: c_int = 64;
pub const INFERENCE: c_int = 96;
pub const RELU: c_int = 0x20;
pub const TANH: c_int = 0x21;
pub const LOGISTIC: c_int = 0x29;
/// The derivative by the activation instead of by z.
pub const RELU_BY_A: c_int = 0x100;
pub const TANH_BY_A: c_int = 0x101;
pub const SOFTMAX: c_int = 0x30000;

pub const SRC: c_int = 1;
pub const DST: c_int = 17;
pub const WEIGHTS: c_int = 33;
pub const BIAS: c_int = 41;
pub const DIFF_SRC: c_int = 129;
pub const DIFF_DST: c_int = 145;
pub const DIFF_WEIGHTS: c_int = 161;
pub const DIFF_BIAS: c_int = 169;

pub const OF_WEIGHTS: c_int = 131;
pub const OF_DIFF_WEIGHTS: c_int = 132;

/// What oneDNN hands out: a pointer to something of its own.
pub type Handle = *mut c_void;

/// An argument of a primitive.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Argument(pub c_int, pub Handle);

#[repr(C)]
struct Version {
    major: c_int,
    minor: c_int,
    patch: c_int,
    hash: *const c_char,
    cpu_runtime: c_uint,
    gpu_runtime: c_uint,
}

#[derive(Clone, Copy)]
pub struct Api {
    library: &'static Library,
    engine: Handle,
    stream: Handle,
    execute: unsafe extern "C" fn(Handle, Handle, c_int, *const Argument) -> c_int,
}

/// Calls a function of the library that fills the handle that is its first argument.
macro_rules! make {
    ($api:expr, $name:literal, ($($kind:ty),*), ($($value:expr),*)) => {{
        let mut made: Handle = ptr::null_mut();
        // SAFETY: the type that oneDNN's header declares, and handles of the kind it wants.
        let status = unsafe {
            let call: unsafe extern "C" fn(*mut Handle $(, $kind)*) -> c_int =
                function($api.library, $name)?;
            call(&mut made $(, $value)*)
        };
        if status == 0 { Ok(made) } else { Err(format!("{}: status {status}", $name)) }
    }};
}

type Made = Result<Handle, String>;

pub fn version() -> String {
    let read = || {
        // SAFETY: as dnnl.h declares it.
        let version = unsafe {
            let call: unsafe extern "C" fn() -> *const Version =
                function(load(FILE)?, "dnnl_version")?;
            &*call()
        };
        Ok::<_, String>(format!("{}.{}.{}", version.major, version.minor, version.patch))
    };
    read().unwrap_or_else(|_| "?".to_owned())
}

impl Api {
    pub fn load() -> Result<Self, String> {
        let library = load(FILE)?;
        let null = ptr::null_mut();
        // SAFETY: as dnnl.h declares it.
        let execute = unsafe { function(library, "dnnl_primitive_execute")? };
        let mut api = Self { library, engine: null, stream: null, execute };
        api.engine = make!(api, "dnnl_engine_create", (c_int, usize), (CPU, 0))?;
        api.stream = make!(api, "dnnl_stream_create", (Handle, c_uint), (api.engine, IN_ORDER))?;
        Ok(api)
    }

    /// A layout of f32 values: rows after rows, or whatever oneDNN likes best.
    pub fn layout(&self, sizes: &[usize], any: bool) -> Made {
        let n = sizes.len() as c_int;
        let dims: Vec<i64> = sizes.iter().map(|&n| n as i64).collect();
        let dims = dims.as_ptr();
        if any {
            return make!(
                self,
                "dnnl_memory_desc_create_with_tag",
                (c_int, *const i64, c_int, c_int),
                (n, dims, F32, ANY_LAYOUT)
            );
        }
        let mut strides = vec![1_i64; sizes.len()];
        for i in (1..sizes.len()).rev() {
            strides[i - 1] = strides[i] * sizes[i] as i64;
        }
        make!(
            self,
            "dnnl_memory_desc_create_with_strides",
            (c_int, *const i64, c_int, *const i64),
            (n, dims, F32, strides.as_ptr())
        )
    }

    /// The layout that a primitive's description chose.
    pub fn chosen(&self, description: Handle, of: c_int) -> Made {
        // SAFETY: as dnnl.h declares it; the layout lives as long as the description.
        let layout = unsafe {
            let query: unsafe extern "C" fn(Handle, c_int, c_int) -> Handle =
                function(self.library, "dnnl_primitive_desc_query_md")?;
            query(description, of, 0)
        };
        if layout.is_null() { Err("no layout was chosen".to_owned()) } else { Ok(layout) }
    }

    pub fn equal(&self, one: Handle, other: Handle) -> Result<bool, String> {
        // SAFETY: as dnnl.h declares it.
        unsafe {
            let equal: unsafe extern "C" fn(Handle, Handle) -> c_int =
                function(self.library, "dnnl_memory_desc_equal")?;
            Ok(equal(one, other) != 0)
        }
    }

    /// Memory of a layout, zeroed, and its values (padding included).
    pub fn memory(&self, layout: Handle) -> Result<(Handle, &'static mut [f32]), String> {
        let memory = make!(
            self,
            "dnnl_memory_create",
            (Handle, Handle, *mut c_void),
            (layout, self.engine, ALLOCATE)
        )?;
        let mut data: *mut c_void = ptr::null_mut();
        // SAFETY: as dnnl.h declares them; the memory is never freed.
        let values = unsafe {
            let size: unsafe extern "C" fn(Handle) -> usize =
                function(self.library, "dnnl_memory_desc_get_size")?;
            let get: unsafe extern "C" fn(Handle, *mut *mut c_void) -> c_int =
                function(self.library, "dnnl_memory_get_data_handle")?;
            if get(memory, &mut data) != 0 {
                return Err("memory without values".to_owned());
            }
            let bytes = size(layout);
            ptr::write_bytes(data.cast::<u8>(), 0, bytes);
            std::slice::from_raw_parts_mut(data.cast::<f32>(), bytes / 4)
        };
        Ok((memory, values))
    }

    /// An attribute: this activation after the layer's sum.
    pub fn then(&self, activation: c_int) -> Made {
        let operations = make!(self, "dnnl_post_ops_create", (), ())?;
        let attribute = make!(self, "dnnl_primitive_attr_create", (), ())?;
        // SAFETY: as dnnl.h declares them.
        let status = unsafe {
            let append: unsafe extern "C" fn(Handle, c_int, f32, f32) -> c_int =
                function(self.library, "dnnl_post_ops_append_eltwise")?;
            let set: unsafe extern "C" fn(Handle, Handle) -> c_int =
                function(self.library, "dnnl_primitive_attr_set_post_ops")?;
            append(operations, activation, 0.0, 0.0) + set(attribute, operations)
        };
        if status == 0 { Ok(attribute) } else { Err("no activation after a layer".to_owned()) }
    }

    /// The description of a layer's forward pass: layouts of x, W, b and the output.
    pub fn layer(&self, purpose: c_int, layouts: [Handle; 4], attribute: Handle) -> Made {
        let [x, w, b, z] = layouts;
        make!(
            self,
            "dnnl_inner_product_forward_primitive_desc_create",
            (Handle, c_int, Handle, Handle, Handle, Handle, Handle),
            (self.engine, purpose, x, w, b, z, attribute)
        )
    }

    /// dA of the layer below from W and dZ.
    pub fn layer_back(&self, [da, w, dz]: [Handle; 3], forward: Handle) -> Made {
        make!(
            self,
            "dnnl_inner_product_backward_data_primitive_desc_create",
            (Handle, Handle, Handle, Handle, Handle, Handle),
            (self.engine, da, w, dz, forward, ptr::null_mut())
        )
    }

    /// dW and db from x and dZ.
    pub fn layer_sums(&self, [x, dw, db, dz]: [Handle; 4], forward: Handle) -> Made {
        make!(
            self,
            "dnnl_inner_product_backward_weights_primitive_desc_create",
            (Handle, Handle, Handle, Handle, Handle, Handle, Handle),
            (self.engine, x, dw, db, dz, forward, ptr::null_mut())
        )
    }

    /// dZ from dA and the activation, all of one layout.
    pub fn activation_back(&self, function: c_int, layout: Handle) -> Made {
        let forward = make!(
            self,
            "dnnl_eltwise_forward_primitive_desc_create",
            (Handle, c_int, c_int, Handle, Handle, f32, f32, Handle),
            (self.engine, TRAINING, function, layout, layout, 0.0, 0.0, ptr::null_mut())
        )?;
        make!(
            self,
            "dnnl_eltwise_backward_primitive_desc_create",
            (Handle, c_int, Handle, Handle, Handle, f32, f32, Handle, Handle),
            (self.engine, function, layout, layout, layout, 0.0, 0.0, forward, ptr::null_mut())
        )
    }

    pub fn softmax(&self, layout: Handle) -> Made {
        make!(
            self,
            "dnnl_softmax_forward_primitive_desc_create",
            (Handle, c_int, c_int, Handle, Handle, c_int, Handle),
            (self.engine, INFERENCE, SOFTMAX, layout, layout, 1, ptr::null_mut())
        )
    }

    pub fn reorder(&self, from: Handle, to: Handle) -> Made {
        make!(
            self,
            "dnnl_reorder_primitive_desc_create",
            (Handle, Handle, Handle, Handle, Handle),
            (from, self.engine, to, self.engine, ptr::null_mut())
        )
    }

    /// What a description describes, ready to run.
    pub fn primitive(&self, description: Handle) -> Made {
        make!(self, "dnnl_primitive_create", (Handle), (description))
    }

    /// Runs it; with this engine and stream, it is done when the call returns.
    pub fn run(&self, primitive: Handle, arguments: &[Argument]) {
        let n = arguments.len() as c_int;
        // SAFETY: a primitive, and memory of the layouts that it was made for.
        let status = unsafe { (self.execute)(primitive, self.stream, n, arguments.as_ptr()) };
        assert_eq!(status, 0, "oneDNN failed");
    }
}
