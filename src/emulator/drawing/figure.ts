import { createRandom } from './random.ts'
import { filled } from './shapes.ts'
import type { Canvas } from './shapes.ts'

/** How people are placed in the picture, if there are any. */
export type Framing = 'portrait' | 'standing' | 'none'

/** Draws a person where the prompt mentions one, and where a reference was sent, which always shows a character. */
export function chooseFraming(prompt: string, hasReferences: boolean): Framing {
  if (/\b(portrait|face|close-?up|headshot|bust|avatar|selfie)\b/i.test(prompt)) return 'portrait'
  return hasReferences || PERSON.test(prompt) ? 'standing' : 'none'
}

const PERSON =
  /\b(she|he|her|his|they|woman|man|girl|boy|person|people|child|kid|hero|heroine|character|captain|queen|king|knight|wizard|witch|explorer|astronaut|cartographer|painter|artist|engineer|farmer|sailor|pilot|travell?er|lady|gentleman|grandmother|grandfather|teacher|student|doctor|cook|chef|baker|gardener|librarian|detective|dancer|musician|stands|standing|sits|sitting|walks|walking|smiles|smiling|wears|wearing|reads|reading|watches|watching|waves|waving)\b/i

const NO_NAMES = new Set(
  'A An The In On At By Of And With From Into Over Under Portrait Picture Photo Photograph Painting Drawing Illustration Flat Wide Close Vector View Scene Poster Cover Icon Logo Map Some Two Three Four Five Many Old Young Small Big Large Tiny Empty Quiet Calm Dark Bright Soft Warm Cold Autumn Winter Spring Summer Night Morning Evening Sunset Sunrise Dawn Dusk Snowy Foggy Misty Mountain Mountains Forest City Desert Sea Ocean Lake River Island Harbour Harbor Lighthouse Library Street Hills Meadow Garden Landscape Panorama Aerial Isometric Pixel'.split(
    ' ',
  ),
)

/** The first word that looks like a person's name. The same name looks the same in every picture. */
function nameIn(prompt: string): string | undefined {
  return prompt.match(/\p{Lu}\p{Ll}+/gu)?.find((word) => !NO_NAMES.has(word))
}

interface Looks {
  readonly skin: string
  readonly hair: string
  readonly coat: string
  readonly scarf: string
  readonly style: 'short' | 'bob' | 'long' | 'bun'
}

function looksOf(prompt: string, { palette }: Canvas): Looks {
  const random = createRandom(`looks\n${nameIn(prompt) ?? prompt}`)
  return {
    skin: random.pick(['#f6d0b1', '#eab891', '#cf9468', '#a86f49', '#7d4f35', '#5d3a29']),
    hair: random.pick([
      '#2a1d1b',
      '#4b2d20',
      '#7a4526',
      '#b5652f',
      '#d9b26a',
      '#8f8a91',
      '#1c2030',
    ]),
    coat: random.pick([
      '#c8493a',
      '#2f7f86',
      '#d98c2b',
      '#5b4a8a',
      '#3f7350',
      '#b3507c',
      '#35588f',
    ]),
    scarf: random.pick(['#f2c14e', '#f3efe2', '#e2725b', '#8fc0a9', palette.accent]),
    style: random.pick(['short', 'bob', 'long', 'bun']),
  }
}

/** The person that the prompt mentions. `floor` is where the feet stand or the bust ends, in pixels from the top. */
export function drawFigure(
  prompt: string,
  framing: Framing,
  canvas: Canvas,
  floor: number,
): string {
  if (framing === 'none') return ''
  const { width, random } = canvas
  const looks = looksOf(prompt, canvas)
  return framing === 'portrait'
    ? placed(bust(looks, canvas), {
        x: width * random.between(0.42, 0.52),
        y: floor,
        scale: Math.min(width * 0.9, floor * 0.92) / 10,
      })
    : placed(standing(looks, canvas), {
        x: width * random.between(0.2, 0.5),
        y: floor,
        scale: Math.min(width * 0.9, floor * random.between(0.6, 0.68)) / 10,
      })
}

/** Ten units tall, with the middle of its lower edge at the origin. */
function bust(looks: Looks, canvas: Canvas): string {
  const { ink } = canvas.palette
  return [
    placed(backHair(looks), { x: 0, y: -6.1, scale: 1 }),
    filled('M-4.3 .6C-4.3-2.3-3-3.2-1.2-3.6H1.2C3-3.2 4.3-2.3 4.3 .6z', looks.coat),
    filled('M-2.4 .6L-1.2-3.6 0-1.7 1.2-3.6 2.4 .6z', ink, 0.18),
    filled('M-.75-5H.75V-3.4Q0-2.6-.75-3.4z', looks.skin),
    filled('M-.75-4.6Q0-3.9 .75-4.6V-5H-.75z', ink, 0.16),
    filled('M-1.7-3.9Q0-2.6 1.7-3.9L1.9-3Q0-1.6-1.9-3z', looks.scarf),
    filled('M.7-2.7L1.5-.6 .6-.3 .1-2.4z', looks.scarf),
    filled('M.7-2.7L1-1.8 .3-1.8 .1-2.4z', ink, 0.15),
    placed(head(looks, canvas), { x: 0, y: -6.1, scale: 1 }),
  ].join('')
}

/** Ten units tall, standing on the origin. */
function standing(looks: Looks, canvas: Canvas): string {
  const { ink } = canvas.palette
  return [
    `<ellipse rx="1.7" ry=".22" fill="${ink}" fill-opacity=".35"/>`,
    filled('M-.75-3.6H-.08L-.12-.2H-.75zM.75-3.6H.08L.12-.2H.75z', ink),
    filled('M-.85 0q0-.4 .4-.4h.36V0zM.85 0q0-.4-.4-.4h-.36V0z', ink),
    placed(backHair(looks), { x: 0, y: -8.55, scale: 0.46 }),
    filled('M-.7-7.4Q-1.25-7.3-1.45-6.1L-1.75-4.1Q-1.6-3.75-1.3-3.9L-.9-5.8z', looks.coat),
    filled('M.7-7.4Q1.25-7.3 1.45-6.1L1.75-4.1Q1.6-3.75 1.3-3.9L.9-5.8z', looks.coat),
    `<g fill="${looks.skin}"><circle cx="-1.5" cy="-3.85" r=".2"/><circle cx="1.5" cy="-3.85" r=".2"/></g>`,
    filled('M-.75-7.45H.75Q1-6 1.25-3Q0-2.6-1.25-3Q-1-6-.75-7.45z', looks.coat),
    filled('M0-7.4V-2.75Q-.7-2.75-1.25-3Q-1-6-.75-7.4z', ink, 0.14),
    filled('M-.3-8.1H.3V-7.3Q0-7-.3-7.3z', looks.skin),
    placed(head(looks, canvas), { x: 0, y: -8.55, scale: 0.46 }),
    filled('M-.75-7.6Q0-7.1 .75-7.6L.8-7.2Q0-6.7-.8-7.2z', looks.scarf),
    filled('M.3-7.1L.75-5.6 .35-5.45 0-6.95z', looks.scarf),
  ].join('')
}

/** The face and the hair in front of it, around the origin. */
function head(looks: Looks, { palette, random }: Canvas): string {
  const { ink, paper, accent } = palette
  const gaze = random.between(-0.08, 0.08).toFixed(2)
  const smile = random.between(0.22, 0.42).toFixed(2)
  return [
    `<g fill="${looks.skin}"><ellipse cx="-1.68" cy=".1" rx=".26" ry=".4"/><ellipse cx="1.68" cy=".1" rx=".26" ry=".4"/>`,
    '<path d="M-1.7-.5C-1.7-2.9 1.7-2.9 1.7-.5C1.75 .9 .9 1.85 0 1.85S-1.75 .9-1.7-.5z"/></g>',
    `<g transform="translate(${gaze})"><g fill="${ink}"><ellipse cx="-.66" rx=".15" ry=".2"/><ellipse cx=".66" rx=".15" ry=".2"/></g>`,
    `<g fill="${paper}"><circle cx="-.61" cy="-.07" r=".05"/><circle cx=".71" cy="-.07" r=".05"/></g>`,
    `<g fill="${accent}" fill-opacity=".28"><ellipse cx="-1.02" cy=".65" rx=".32" ry=".2"/><ellipse cx="1.02" cy=".65" rx=".32" ry=".2"/></g>`,
    `<g fill="none" stroke="${ink}" stroke-linecap="round" stroke-width=".11">`,
    `<path d="M-1-.45q.32-.2 .64-.04M1-.45q-.32-.2-.64-.04" stroke="${looks.hair}"/>`,
    `<path d="M-.05 .15q.18 .4-.1 .5" stroke-opacity=".45"/><path d="M-.5 1.05q.5 ${smile} 1 0"/></g></g>`,
    filled(HAIR[looks.style].front, looks.hair),
  ].join('')
}

function backHair({ hair, style }: Looks): string {
  return filled(HAIR[style].back, hair)
}

/** Outlines around the middle of a head that is 1.7 units to either side. */
const HAIR: Readonly<Record<Looks['style'], { readonly back: string; readonly front: string }>> = {
  short: {
    back: 'M-1.95-.2C-2.1-3.4 2.1-3.4 1.95-.2L1.6 .6H-1.6z',
    front: 'M-1.85-.3C-2-3.5 2-3.5 1.85-.3Q1.6-1.2 1.2-1.5Q0-.9-1.1-1.5Q-1.6-1.2-1.85-.3z',
  },
  bob: {
    back: 'M-2.1 1.3C-2.5-3.6 2.5-3.6 2.1 1.3Q1.6 2 1 1.6H-1Q-1.6 2-2.1 1.3z',
    front: 'M-1.9 .9C-2.3-3.9 2.3-3.9 1.9 .9Q1.75-.7 1.4-1.2Q-.3-.8-1.1-1.5Q-1.7-.7-1.9 .9z',
  },
  long: {
    back: 'M-2.2 3.6C-2.9-3.9 2.9-3.9 2.2 3.6Q1.4 4.2 .9 3.2H-.9Q-1.4 4.2-2.2 3.6z',
    front: 'M-1.95 1.5C-2.4-4.1 2.4-4.1 1.95 1.5Q1.7-.6 .3-1.8Q-1.7-.6-1.95 1.5z',
  },
  bun: {
    back: 'M-1.95 .4C-2.2-3.3 2.2-3.3 1.95 .4zM-.95-2.7A.95 .95 0 1 1 .95-2.7A.95 .95 0 1 1-.95-2.7z',
    front: 'M-1.8-.2C-1.9-3.4 1.9-3.4 1.8-.2Q1.5-1.3 0-1.45Q-1.5-1.3-1.8-.2z',
  },
}

function placed(svg: string, { x, y, scale }: { x: number; y: number; scale: number }): string {
  return `<g transform="translate(${x.toFixed(2)} ${y.toFixed(2)}) scale(${scale.toFixed(3)})">${svg}</g>`
}
