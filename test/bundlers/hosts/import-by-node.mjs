/** @param {string} url */
export const importByNode = (url) => import(url)
