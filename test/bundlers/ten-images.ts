/** A manifest of ten images, `picture0` to `picture9`, each in one file: 20 pixels wide, 21, and so on. */
export const TEN_IMAGES: Readonly<Record<string, string>> = {
  'src/ten.image.yaml': [
    'defaults: { source: ./face.png, alt: "", output: { formats: [jpeg] } }',
    'images:',
    ...Array.from(
      { length: 10 },
      (_, index) => `  picture${index}: { output: { widths: [${index + 20}] } }`,
    ),
  ].join('\n'),
}
