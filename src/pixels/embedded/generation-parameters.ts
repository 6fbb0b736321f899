/** What a picture's text says about its generation. */
export interface Generation {
  readonly prompt: string | undefined
  /** The model's name. */
  readonly model: string | undefined
}

/** A line of settings has at least this many `Name: value` pairs; a prompt's last line rarely has. */
const LEAST_SETTINGS = 3

/**
 * Reads the `parameters` that Stable Diffusion WebUI and its relatives write: the prompt, `Negative prompt: …`, and a line
 * of settings that begins with `Steps: `. Text without these lines is a prompt as a whole.
 *
 * @see https://github.com/AUTOMATIC1111/stable-diffusion-webui/blob/master/modules/infotext_utils.py
 */
export function readParameters(text: string): Generation {
  const lines = text.replaceAll(/\r\n?/g, '\n').split('\n')
  const settingsAt = lines.findLastIndex(
    (line) => line.startsWith('Steps: ') && line.split(/, [A-Z][\w ]*: /).length >= LEAST_SETTINGS,
  )
  const words = settingsAt < 0 ? lines : lines.slice(0, settingsAt)
  const negativeAt = words.findIndex((line) => line.startsWith('Negative prompt:'))
  const prompt = (negativeAt < 0 ? words : words.slice(0, negativeAt)).join('\n').trim()
  return {
    prompt: prompt === '' ? undefined : prompt,
    model: settingsAt < 0 ? undefined : modelIn(lines[settingsAt] ?? ''),
  }
}

function modelIn(settings: string): string | undefined {
  const [, quoted, plain] = /(?:^|, )Model: (?:"([^"]*)"|([^,]+))/.exec(settings) ?? []
  const model = (quoted ?? plain)?.trim()
  return model === '' ? undefined : model
}
