//! Names the shared library: programs linked with it ask the loader for this name, which changes when the ABI breaks.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libcgview.so.0");
}
