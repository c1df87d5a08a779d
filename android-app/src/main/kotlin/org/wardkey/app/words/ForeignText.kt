package org.wardkey.app.words

/** Left-to-right and right-to-left marks, embeddings, overrides and isolates. */
private val REORDERING = Regex("[\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]")

/** More than the core lets through, and enough for any name. */
private const val LONGEST_NAME = 200

/**
 * A name that a website chose, fit to stand on a line of its own: without line breaks, and without the
 * invisible characters that could turn what stands around it into something else.
 */
internal fun nameWords(name: String): String = onOneLine(name).take(LONGEST_NAME)

/**
 * A relying party id, complete, because its end says whose it is; it may begin a new line after each of its
 * dots. The core lets none through that is longer than a domain name.
 */
internal fun siteWords(rpId: String): String = onOneLine(rpId).replace(".", ".\u200B")

/** What the core says in detail: it may name a site or a class, which may begin a new line after its dots, too. */
internal fun detailWords(detail: String): String = siteWords(detail)

private fun onOneLine(text: String): String =
    text.replace(REORDERING, "").map { if (it.isISOControl()) ' ' else it }.joinToString("").trim()
