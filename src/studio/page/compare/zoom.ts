/** In pixels. */
export interface Size {
  readonly width: number
  readonly height: number
}

/** A rectangle in pixels of the screen, which are whole: a picture at 1:1 is drawn pixel by pixel. */
export interface Frame extends Size {
  readonly left: number
  readonly top: number
}

/** Where a picture is drawn, in pixels of the screen. */
export interface Room extends Size {
  /** Left free around a picture that fits. */
  readonly margin: number
}

/** What is seen of a picture. It is the same for all that are compared, and stays from picture to picture. */
export interface Zoom {
  /** Pixels of the screen for one of the picture; `null`: as large as there is room. */
  readonly scale: number | null
  /** The point of the picture in the middle of its room, from 0 to 1. */
  readonly x: number
  readonly y: number
}

export const FITTING: Zoom = { scale: null, x: 0.5, y: 0.5 }

const LARGEST = 64

export function scaleOf(zoom: Zoom, box: Size, room: Room): number {
  return zoom.scale ?? fittingScale(box, room)
}

function fittingScale(box: Size, { width, height, margin }: Room): number {
  const across = Math.max(1, width - 2 * margin) / box.width
  return Math.min(across, Math.max(1, height - 2 * margin) / box.height)
}

/** Where the box of the pictures is. */
export function frameOf(zoom: Zoom, box: Size, room: Room): Frame {
  const scale = scaleOf(zoom, box, room)
  const width = Math.max(1, Math.round(box.width * scale))
  const height = Math.max(1, Math.round(box.height * scale))
  return {
    left: startOf(room.width, width, zoom.x),
    top: startOf(room.height, height, zoom.y),
    width,
    height,
  }
}

/** A picture that does not fill its room is in the middle; a larger one leaves no gap. */
function startOf(room: number, length: number, middle: number): number {
  if (length <= room) return Math.round((room - length) / 2)
  return Math.round(Math.min(0, Math.max(room - length, room / 2 - middle * length)))
}

/** Where a picture is within the box: as large as fits, in the middle. */
export function frameWithin(picture: Size, box: Frame): Frame {
  const scale = Math.min(box.width / picture.width, box.height / picture.height)
  const width = Math.max(1, Math.round(picture.width * scale))
  const height = Math.max(1, Math.round(picture.height * scale))
  return {
    left: box.left + Math.round((box.width - width) / 2),
    top: box.top + Math.round((box.height - height) / 2),
    width,
    height,
  }
}

/** Zooms to a scale around a point, in pixels of the screen from the corner of the room. */
export function zoomedTo(
  zoom: Zoom,
  scale: number,
  box: Size,
  room: Room,
  point: { readonly x: number; readonly y: number } = { x: room.width / 2, y: room.height / 2 },
): Zoom {
  const fitting = fittingScale(box, room)
  const next = Math.min(LARGEST, Math.max(Math.min(1, fitting), scale))
  if (next === fitting) return FITTING
  const frame = frameOf(zoom, box, room)
  const [width, height] = [box.width * next, box.height * next]
  const [x, y] = [(point.x - frame.left) / frame.width, (point.y - frame.top) / frame.height]
  return {
    scale: next,
    x: middleOf(room.width, width, x + (room.width / 2 - point.x) / width),
    y: middleOf(room.height, height, y + (room.height / 2 - point.y) / height),
  }
}

/** Moves the picture by pixels of the screen. */
export function moved(zoom: Zoom, box: Size, room: Room, x: number, y: number): Zoom {
  const { scale } = zoom
  if (scale === null) return zoom
  const [width, height] = [box.width * scale, box.height * scale]
  return {
    scale,
    x: middleOf(room.width, width, middleOf(room.width, width, zoom.x) - x / width),
    y: middleOf(room.height, height, middleOf(room.height, height, zoom.y) - y / height),
  }
}

function middleOf(room: number, length: number, middle: number): number {
  if (length <= room) return 0.5
  const half = room / length / 2
  return Math.min(1 - half, Math.max(half, middle))
}

/** The next scale where a pixel of the picture is a whole number of pixels of the screen, or the reverse. */
export function scaleAfter(scale: number, step: 1 | -1): number {
  const power = Math.log2(scale)
  // A scale that is one of these steps is left, however it was rounded.
  return 2 ** (step === 1 ? Math.floor(power + 0.001) + 1 : Math.ceil(power - 0.001) - 1)
}

/** How many columns let pictures of a box be largest. */
export function columnsFor(
  count: number,
  box: Size,
  area: Size,
  gap: number,
  label: number,
): number {
  let [best, largest] = [1, 0]
  for (let columns = 1; columns <= count; columns += 1) {
    const rows = Math.ceil(count / columns)
    const width = (area.width - gap * (columns - 1)) / columns
    const height = (area.height - gap * (rows - 1)) / rows - label
    const scale = fittingScale(box, { width, height, margin: 0 })
    if (scale > largest) [best, largest] = [columns, scale]
  }
  return best
}
