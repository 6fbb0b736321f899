'use client'

import { useState } from 'react'
import { Picture } from 'unplugin-imagegen/react'
import { harbour, islands } from '../pictures/harbour.image.yaml'
import { RenderedImage } from './rendered-image'

/** A component of the browser that shows the same picture as its page, and another one. */
export function Postcard() {
  const [isTurned, turn] = useState(false)
  return (
    <section>
      <button type="button" onClick={() => turn(!isTurned)}>
        {isTurned ? 'Picture' : 'Message'}
      </button>
      {isTurned ? <p>Wish you were here.</p> : <Picture image={harbour} sizes="320px" />}
      <RenderedImage image={islands} sizes="320px" />
    </section>
  )
}
