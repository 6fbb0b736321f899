const PLACES = [
  'a harbour',
  'a library',
  'a market',
  'a hill fort',
  'a greenhouse',
  'a railway arch',
]

/**
 * Small manifests as people write them: twelve lines, three images, one of which refers to another.
 *
 * @param {number} count
 * @param {number} [first] the number of the first one
 * @returns {Record<string, string>} files by path, fifty a folder
 */
export function manifests(count, first = 0) {
  /** @type {Record<string, string>} */
  const files = {}
  for (let index = first; index < first + count; index++) {
    const place = PLACES[index % PLACES.length]
    files[`src/part-${Math.floor(index / 50)}/scene-${index}.image.yaml`] =
      `# ${place}, number ${index}
defaults: { aspectRatio: 16:9, output: { formats: [avif, webp], widths: [640, 1280] } }
vars: { look: "flat vector, muted palette, number ${index}" }
images:
  keeper:
    prompt: "Portrait of the keeper of ${place}, \${look}"
    alt: The keeper of ${place}
    seed: ${index}
  front: { prompt: "${place} seen from the water, \${look}", alt: "The front of ${place}" }
  inside: { prompt: "The keeper inside ${place}, \${look}", alt: "Inside ${place}", references: ["#keeper"] }
# end
`
  }
  return files
}
