export { default as Picture } from './picture.svelte'
