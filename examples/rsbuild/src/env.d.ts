// In this order: both have a type for these files, and the first one counts.
/// <reference types="unplugin-imagegen/client" />
/// <reference types="@rsbuild/core/types" />
