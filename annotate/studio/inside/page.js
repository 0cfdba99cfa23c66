// What Label Studio's page lacks for people who rate by keyboard, whatever their keyboard and wherever the focus is.
// The page is described by annotate/studio/interface.py; where this script is missing, Label Studio's own keys hold.
(() => {
  "use strict"
  if (window.emocurate) return // Label Studio runs the scripts of a page again when it goes on to another
  window.emocurate = true
  const POSITION = /^(?:Key|Digit|Numpad)([A-Z0-9])$/
  const TEXT = "textarea, select, [contenteditable=true], input:not([type=radio], [type=checkbox], [type=range])"
  const DIALOG = ".ant-modal-wrap, .ls-modal, .lsf-modal"
  const FLAG = "_flag"
  const LOOK_MS = 250

  let inUse = null // the name of the question that was answered last
  let flagging = false // whether the next number is a reason
  let sent = null // the task that was sent last; while it is on its way its answers are not to be touched
  let shown = "" // of which task the progress is shown
  const letters = new Map() // what stands on this keyboard where others have another letter

  const annotation = () => document.querySelector(".emo") && window.Htx?.annotationStore?.selected
  const questions = (note) => [...note.names.values()].filter((tag) => tag.type === "choices" || tag.type === "rating")
  const flags = (note) => note.names.get(FLAG)?.tiedChildren ?? []
  const flagged = (note) => flags(note).some((reason) => reason.sel)
  const dialog = () => [...document.querySelectorAll(DIALOG)].some((one) => one.getClientRects().length)

  // the keys

  const position = (event) => POSITION.exec(event.code)?.[1].toLowerCase()

  function keyed(note, key) {
    for (const tag of questions(note)) {
      if (tag.hotkey === key) return [tag, null]
      const choice = tag.tiedChildren?.find((one) => one.hotkey === key)
      if (choice) return [tag, choice]
    }
    return [null, null]
  }

  function atAnswers(event, note) {
    const control = event.ctrlKey || event.metaKey
    if (control) return event.altKey ? false : command(event, note)
    if (flagging && pickReason(event, note)) return true
    switch (event.code) {
      case "Space":
        return play(event.shiftKey)
      case "Escape":
        return flag(note)
      case "Backspace":
        return move(note, note.names.get(inUse), -1)
      case "ArrowLeft":
      case "ArrowRight":
        return !event.target.closest("[type=range], .ant-rate") && move(note, scaleInUse(note), event.code === "ArrowLeft" ? -1 : 1)
      case "Enter":
        return event.target.matches("[type=radio], [type=checkbox]") && (event.target.click(), true)
    }
    return answer(event, note)
  }

  function command(event, note) {
    const undo = event.key.toLowerCase() === "z" // by its letter: that is how everybody knows it
    if (event.code === "Enter" || event.code === "NumpadEnter") return event.repeat || send(note)
    if (event.code === "Space") return event.repeat || skip(note)
    if (!undo) return false
    event.shiftKey ? note.redo() : note.undo()
    return true
  }

  function answer(event, note) {
    const at = position(event)
    const [tag, choice] = at ? keyed(note, event.shiftKey ? `shift+${at}` : at) : [null, null]
    if (!tag || tag.isReadOnly?.()) return false
    use(tag)
    if (choice) event.repeat || event.altKey || choice.toggleSelected()
    else raise(tag, event.altKey ? -1 : 1)
    return true
  }

  function raise(tag, by) {
    const most = Number(tag.maxrating), now = tag.rating ?? 0
    const next = Math.min(most, Math.max(0, now + by)) // it stays at either end: an answer never turns into its opposite
    if (next !== now) tag.setRating(next)
  }

  // One point up or down; a scale that is not answered yet has no point to begin at.
  function move(note, tag, by) {
    if (!tag) return false
    use(tag)
    if (tag.type === "rating") raise(tag, by)
    else if (isScale(tag)) {
      const points = tag.tiedChildren, at = points.findIndex((one) => one.sel)
      if (at >= 0) points[at + by]?.toggleSelected()
    }
    return true
  }

  const isScale = (tag) => tag.choice === "single-radio" && tag.tiedChildren.every((one) => one.value !== "" && isFinite(one.value))

  function scaleInUse(note) {
    const used = note.names.get(inUse)
    if (used && (used.type === "rating" || isScale(used))) return used
    const scales = questions(note).filter((tag) => tag.type === "choices" && tag.name !== FLAG && isScale(tag))
    return scales.length === 1 ? scales[0] : null
  }

  function use(tag) {
    inUse = tag.name
    for (const row of document.querySelectorAll("[data-in-use]")) row.removeAttribute("data-in-use")
    tag.elementRef?.current?.closest(".emo-row")?.setAttribute("data-in-use", "")
  }

  // the clip

  const player = () => document.querySelector(".emo-stage audio, .emo-stage video")

  function play(again) {
    const clip = player()
    if (!clip) return false
    if (again) clip.currentTime = 0
    if (again || clip.paused) clip.play()
    else clip.pause()
    return true
  }

  // A player that was clicked keeps the focus, and with it the keys: give it back.
  function release(event) {
    if (event.target.matches?.(".emo-stage audio, .emo-stage video")) setTimeout(() => event.target.blur())
  }

  // flags and sending

  function flag(note) {
    if (!flags(note).length) return false
    const chosen = flags(note).find((reason) => reason.sel)
    if (chosen && !flagging) chosen.toggleSelected()
    return setFlagging(!chosen && !flagging)
  }

  function setFlagging(on) {
    flagging = on
    document.documentElement.classList.toggle("emo-flagging", on)
    return true
  }

  function pickReason(event, note) {
    if (["Shift", "Control", "Alt", "Meta", "Escape"].includes(event.key)) return false
    setFlagging(false)
    const reason = flags(note)[Number(position(event)) - 1]
    if (!reason) return false
    if (!reason.sel) reason.toggleSelected()
    return true
  }

  function send(note) {
    if (flagged(note)) return skip(note)
    sent = window.Htx.task?.id
    note.submissionInProgress?.()
    if (note.pk) window.Htx.updateAnnotation()
    else window.Htx.submitAnnotation()
    return true
  }

  function skip(note) {
    sent = window.Htx.task?.id
    note.submissionInProgress?.()
    window.Htx.skipTask({})
    return true
  }

  function whileTyping(event, note) {
    if (event.code === "Escape") return event.target.blur(), true
    const sends = (event.ctrlKey || event.metaKey) && !event.altKey && ["Enter", "NumpadEnter", "Space"].includes(event.code)
    return sends && command(event, note)
  }

  function onKey(event) {
    const note = annotation()
    if (!note || event.isComposing || !event.target.matches || dialog()) return
    learn(event)
    const onItsWay = window.Htx.isSubmitting && window.Htx.task?.id === sent
    const done = onItsWay || (event.target.matches(TEXT) ? whileTyping(event, note) : atAnswers(event, note))
    if (!done) return
    event.preventDefault()
    event.stopImmediatePropagation()
  }

  function onFocus(event) {
    release(event)
    const note = annotation()
    const tag = note && questions(note).find((one) => one.elementRef?.current?.contains(event.target))
    if (tag) use(tag)
  }

  function onClick(event) {
    const note = annotation()
    if (!note || !event.target.closest) return
    onFocus(event)
    if (event.target.closest("[aria-label='submit'], [aria-label='Submit current annotation']") && flagged(note)) {
      event.preventDefault()
      event.stopImmediatePropagation()
      skip(note)
    }
  }

  // what is written on the keys of this keyboard, told by the browser or learned as they are pressed

  function learn(event) {
    const at = position(event)
    if (at && /[a-z]/.test(at) && !event.ctrlKey && !event.altKey && !event.metaKey) know(at, event.key)
  }

  function know(at, letter) {
    if (/^\p{L}$/u.test(letter) && letters.get(at) !== letter.toLowerCase()) letters.set(at, letter.toLowerCase()), relabel()
  }

  function relabel() {
    for (const label of document.querySelectorAll(".emo kbd, .emo-key [class^=typography]")) {
      const text = label.firstChild
      if (text?.nodeType !== Node.TEXT_NODE) continue
      label.dataset.at ??= text.nodeValue
      const [, shift, at] = /^(⇧?)(.)$/u.exec(label.dataset.at) ?? []
      const now = letters.has(at) ? shift + letters.get(at) : label.dataset.at
      if (text.nodeValue !== now) text.nodeValue = now
    }
  }

  // how far this rater is

  const bar = document.createElement("div")
  bar.className = "emo-progress"
  bar.hidden = true
  bar.append(document.createElement("span"), document.createElement("progress"))

  async function progress() {
    const project = /^\/projects\/(\d+)/.exec(location.pathname)?.[1]
    const reply = await fetch(`/api/projects/${project}/?include=queue_total,queue_done`)
    if (!reply.ok) return
    const { queue_total: all, queue_done: done } = await reply.json()
    if (!(all >= 0)) return
    bar.hidden = false
    bar.firstChild.textContent = `${done} of your ${all} done`
    Object.assign(bar.lastChild, { max: Math.max(all, 1), value: done })
  }

  function look() {
    const note = annotation()
    document.documentElement.classList.toggle("emo-scripted", Boolean(note))
    const task = note ? `${window.Htx.task?.id} ${note.pk ?? ""}` : ""
    if (task !== shown) {
      shown = task
      inUse = null
      setFlagging(false)
      if (note) progress()
    }
    if (note) relabel()
    if (note && !bar.isConnected) document.body.append(bar)
    if (!note) bar.remove()
  }

  navigator.keyboard?.getLayoutMap?.().then((layout) => {
    for (const [code, letter] of layout) if (/^Key[A-Z]$/.test(code)) know(code[3].toLowerCase(), letter)
  }, () => {})
  addEventListener("keydown", onKey, true)
  addEventListener("click", onClick, true)
  addEventListener("focusin", onFocus, true)
  setInterval(look, LOOK_MS)
})()
