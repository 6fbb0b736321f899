/**
 * Every `*.image.yaml` as a module, loosely: any name may be imported, and all of them are `any`. TypeScript has no
 * wildcard module that gives unknown named exports a type: with a typed default export `import { kira }` is an error.
 * The exact declarations of `imagegen types` come first wherever they are found.
 *
 * Use it through `"types": ["unplugin-imagegen/client"]` in tsconfig.json, or through
 * `/// <reference types="unplugin-imagegen/client" />` in any declaration file.
 */
declare module '*.image.yaml'
declare module '*.image.yml'
