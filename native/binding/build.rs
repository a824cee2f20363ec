//! Sets the linker flags a Node addon needs.

fn main() {
    napi_build::setup();
    // The handler of bus errors stays installed when the last worker thread that loaded the addon has ended.
    if std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|system| system == "linux") {
        println!("cargo::rustc-cdylib-link-arg=-Wl,-z,nodelete");
    }
}
