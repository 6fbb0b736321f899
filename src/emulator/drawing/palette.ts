import type { Random } from './random.ts'

/** Colours that go well together, as CSS hex. */
export interface Palette {
  /** From the zenith to the horizon. */
  readonly sky: readonly [string, string, string]
  readonly sun: string
  /** Land from far to near. */
  readonly land: readonly [string, string, string, string]
  readonly water: readonly [string, string]
  /** Draws the eye: a coat, a sail, a lit window. */
  readonly accent: string
  /** The darkest colour, for the foreground. */
  readonly ink: string
  /** The lightest colour, for text on `ink`, snow and clouds. */
  readonly paper: string
  readonly stars: boolean
}

/** The palette that the prompt's words suggest, otherwise a random one. */
export function choosePalette(prompt: string, random: Random): Palette {
  const asked = PALETTES.filter(({ words }) => words.test(prompt))
  const [first, ...others] = asked.length > 0 ? asked : PALETTES
  return first === undefined ? random.pick(FALLBACK) : random.pick([first, ...others])
}

interface NamedPalette extends Palette {
  readonly words: RegExp
}

const NIGHT: NamedPalette = {
  words: /\b(night|midnight|moon\w*|stars?|starry|space|navy)\b/i,
  sky: ['#0d1333', '#1f2b5c', '#4a5a94'],
  sun: '#f4efd6',
  land: ['#35457c', '#26335f', '#182347', '#0e1630'],
  water: ['#2b3c74', '#121b3d'],
  accent: '#f2b950',
  ink: '#0a1026',
  paper: '#eef0fa',
  stars: true,
}

const FALLBACK: readonly [NamedPalette] = [NIGHT]

const PALETTES: readonly NamedPalette[] = [
  NIGHT,
  {
    words: /\b(dusk|sunset|evening|purple|violet|twilight)\b/i,
    sky: ['#3a2f6b', '#b0567f', '#f7b07a'],
    sun: '#ffe9bd',
    land: ['#8a4d7e', '#633d70', '#43305d', '#291f44'],
    water: ['#c56f7f', '#4b3566'],
    accent: '#ff7a59',
    ink: '#1f1836',
    paper: '#fff1e0',
    stars: false,
  },
  {
    words: /\b(dawn|sunrise|morning|pink|rose|spring|blossoms?)\b/i,
    sky: ['#8fb8de', '#f3cbd3', '#fde6cf'],
    sun: '#fff6da',
    land: ['#d5a6b5', '#a97f9c', '#6f6a8d', '#3d4a6b'],
    water: ['#b9cfe4', '#6d8fb3'],
    accent: '#e4576b',
    ink: '#2b3350',
    paper: '#fff7f0',
    stars: false,
  },
  {
    words: /\b(autumn|fall|orange|amber|rust|copper|harvest)\b/i,
    sky: ['#7ca7a8', '#e6cf9f', '#f6e0b4'],
    sun: '#fff3cf',
    land: ['#c9a066', '#c0703a', '#8a4529', '#4c2a22'],
    water: ['#9dbab0', '#4f7477'],
    accent: '#d2452d',
    ink: '#321d1a',
    paper: '#fdf3dd',
    stars: false,
  },
  {
    words: /\b(winter|snow\w*|ice|icy|frost\w*|arctic|white|silver)\b/i,
    sky: ['#7fa3c7', '#bfd3e6', '#eaf1f6'],
    sun: '#ffffff',
    land: ['#b4c9dc', '#8fabc6', '#e3ecf3', '#f7fafc'],
    water: ['#a9c4da', '#56789b'],
    accent: '#d9503f',
    ink: '#22364d',
    paper: '#f7fbff',
    stars: false,
  },
  {
    words: /\b(forest|woods?|green|emerald|moss|jungle|meadow|summer|garden)\b/i,
    sky: ['#69b3b0', '#b7dcc0', '#eff3cf'],
    sun: '#fffbe0',
    land: ['#8fc09b', '#57996f', '#2f7058', '#174840'],
    water: ['#8ccbc2', '#2f7f86'],
    accent: '#f3a53f',
    ink: '#12332f',
    paper: '#f8faea',
    stars: false,
  },
  {
    words: /\b(sea|ocean|blue|teal|turquoise|harbou?r|lake|river|coast\w*|beach|island)\b/i,
    sky: ['#2f7fb0', '#7fc0d6', '#e6f3ea'],
    sun: '#fff7d8',
    land: ['#7fb2bd', '#4a8a9c', '#2a6278', '#153f55'],
    water: ['#4fa6b8', '#17566f'],
    accent: '#f4683f',
    ink: '#0f2f41',
    paper: '#f4fbfa',
    stars: false,
  },
  {
    words: /\b(desert|dunes?|sand\w*|canyon|gold\w*|yellow|savanna\w*|egypt\w*)\b/i,
    sky: ['#4d9aa5', '#f3d9a0', '#fbe9c6'],
    sun: '#fff9e3',
    land: ['#e6b674', '#d9935a', '#b76a45', '#6f3d35'],
    water: ['#7fbcb5', '#2f7c83'],
    accent: '#2f8f8a',
    ink: '#3c2325',
    paper: '#fff6e2',
    stars: false,
  },
  {
    words: /\b(red|crimson|scarlet|fire|lava|volcan\w*|mars|martian)\b/i,
    sky: ['#4a1d3a', '#b3394a', '#f49a5e'],
    sun: '#ffdf9e',
    land: ['#a53a48', '#7c2a41', '#521f37', '#2e142a'],
    water: ['#c7504e', '#5a2038'],
    accent: '#ffd166',
    ink: '#260f24',
    paper: '#ffeedd',
    stars: false,
  },
  {
    words: /\b(muted|pastel|vintage|retro|sepia|calm|soft)\b/i,
    sky: ['#8aa6a3', '#d8d5bd', '#f2e8d0'],
    sun: '#f6c98b',
    land: ['#b0b59a', '#889b8a', '#5f7a78', '#38525a'],
    water: ['#9fb9b3', '#587f84'],
    accent: '#d9694f',
    ink: '#26383f',
    paper: '#f9f4e6',
    stars: false,
  },
]
