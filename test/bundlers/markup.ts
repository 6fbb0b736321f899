import path from 'node:path'
import { expect } from 'vitest'
import { API_KEY, filesBelow, look, type PictureFacts, type Sandbox } from './sandbox.ts'

const CAST = './cast.image.yaml'

/** A project whose pages name images in HTML, CSS and code, in every way. */
export const MARKUP: Readonly<Record<string, string>> = {
  'index.html': `<!doctype html>
<html>
<head>
<!-- <img src="./src/nothing.image.yaml#nobody"> -->
<meta property="og:image" content="/src/cast.image.yaml#kira">
<meta name="description" content="./src/cast.image.yaml#kira">
<link rel="icon" type="image/webp" href='src/cast.image.yaml&#35;kira'>
<style>p { background: url(./src/cast.image.yaml#kira) no-repeat } /* url(./src/cast.image.yaml#nobody) */</style>
</head>
<body>
<IMG id="src" SRC = "./src/cast.image.yaml#kira" alt="&quot;">
<img id=unquoted srcset=./src/cast.image.yaml#kira sizes=64px src=/src/hero.image.yaml>
<img id="widths" srcset="./src/cast.image.yaml#kira 64w, /src/cast.image.yaml#kira-at-night 128w">
<picture id="picture"><source type="image/avif" srcset="./src/hero.image.yaml"><img src="./src/hero.image.yaml"></picture>
<video poster="./src/cast.image.yaml#kira"></video>
<svg><image xlink:href="./src/cast.image.yaml#kira" width="9"></image></svg>
<p id="styled" style="background-image: url('./src/cast.image.yaml#kira')">text</p>
<img id="ignored" vite-ignore src="./src/cast.image.yaml#kira">
<a id="link" href="./src/cast.image.yaml#kira">a link is no file</a>
<script>const text = '<img src="./src/cast.image.yaml#nobody">'</script>
<script type="module" src="/src/main.js"></script>
</body>
</html>
`,
  'deep/er/page.html': `<!doctype html>
<html><body><img id="src" src="../../src/cast.image.yaml#kira"><img id="root" src="/src/hero.image.yaml"></body></html>
`,
  'src/main.js': `import './style.css'
import { kira } from './module.module.css'
// new URL('./cast.image.yaml#nobody', import.meta.url)
globalThis.shown = [kira, new URL('${CAST}#kira-at-night', import.meta.url).href]
globalThis.text = "new URL('${CAST}#nobody', import.meta.url)"
`,
  'src/style.css': `/* url(${CAST}#nobody) */
.set { background: #fff url(${CAST}#kira) no-repeat }
.cursor { cursor: url("${CAST}#kira") 2 2, auto; --kira: url(${CAST}#kira) }
.chosen { background-image: image-set(url("${CAST}#kira") type("image/webp"), "${CAST}#kira" type('image/jpeg')) }
.text::after { content: "text"; mask-image: linear-gradient(red, blue), url(hero.image.yaml) }
`,
  'src/module.module.css': `.kira { border-image-source: url('${CAST}#kira') }\n`,
}

/** The fixture's images, which a rendition shows. */
export const kira = (format: string, width = 128): PictureFacts => ({
  format,
  width,
  height: width,
})
export const hero = (format: string, width = 192): PictureFacts => ({
  format,
  width,
  height: (width * 2) / 3,
})

/** What an `image-set()` of each image holds. */
export const KIRA_SET: readonly PictureFacts[] = [kira('webp'), kira('jpeg')]
export const HERO_SET: readonly PictureFacts[] = [hero('avif'), hero('webp'), hero('png')]

/** The pictures that each page, the style sheets and the code of an output name, in their order. */
export async function shownIn(out: string, base: string): Promise<Record<string, PictureFacts[]>> {
  const files = filesBelow(out)
  const shown: Record<string, PictureFacts[]> = {}
  for (const [file, bytes] of [...files].filter(([name]) => /\.(?:html|css|js)$/.test(name))) {
    const text = bytes.toString('utf8')
    const urls = [...text.matchAll(/[^\s"'()=,;&]+\.(?:avif|webp|jpe?g|png)\b/g)].map(
      ([url]) => url,
    )
    for (const url of urls) {
      const isRelative = base === './'
      if (!isRelative) expect(url.startsWith(base), `${url} in ${file}`).toBe(true)
      const target = isRelative
        ? path.posix.join(path.posix.dirname(file), url)
        : url.slice(base.length)
      const picture = files.get(target)
      expect(picture, `${url} in ${file}`).toBeDefined()
      const kind = file.endsWith('.html') ? file : path.extname(file).slice(1)
      ;(shown[kind] ??= []).push(await look(picture!))
    }
  }
  return shown
}

/** No output file holds a prompt, the key, or one of them in base64. */
export function expectNoSecrets(out: string, project: Pick<Sandbox, 'root'>): void {
  const secrets = ['cartographer', 'muted palette', 'wide valley', API_KEY].flatMap((secret) => [
    secret,
    // At each of the three offsets that base64 has.
    ...[0, 1, 2].map((offset) =>
      Buffer.from(`${' '.repeat(offset)}${secret}`)
        .toString('base64')
        .slice(offset + 1, -4),
    ),
  ])
  for (const [file, bytes] of filesBelow(out)) {
    for (const secret of [...secrets, project.root]) {
      expect(bytes.includes(secret), `${secret} in ${file}`).toBe(false)
    }
  }
}
