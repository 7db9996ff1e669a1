//! A macro that `livekit` uses to forward methods to the variants of an enum.

/// For `enum E { A(X), B(Y) }`, inside `impl E`: makes each listed method call the same method of
/// the variant's value.
///
/// ```
/// struct Short;
/// impl Short { fn name(&self) -> &str { "short" } }
/// enum Any { Short(Short) }
/// impl Any {
///     libwebrtc::enum_dispatch!([Short]; pub fn name(self: &Self) -> &str;);
/// }
/// assert_eq!(Any::Short(Short).name(), "short");
/// ```
#[macro_export]
macro_rules! enum_dispatch {
    ($variants:tt; $($vis:vis fn $name:ident $args:tt -> $ret:ty;)+) => {
        $($crate::enum_dispatch!(@method $variants $vis $name $args $ret);)+
    };
    (@method $variants:tt $vis:vis $name:ident
        ($this:ident: $this_ty:ty $(, $arg:ident: $arg_ty:ty)* $(,)?) $ret:ty) => {
        #[doc = concat!("Calls `", stringify!($name), "` of the variant's value.")]
        #[inline]
        $vis fn $name($this: $this_ty $(, $arg: $arg_ty)*) -> $ret {
            $crate::enum_dispatch!(@call $variants $this $name ($($arg),*))
        }
    };
    (@call [$($variant:ident),+ $(,)?] $this:ident $name:ident $args:tt) => {
        match $this {
            $(Self::$variant(value) => value.$name $args,)+
        }
    };
}
