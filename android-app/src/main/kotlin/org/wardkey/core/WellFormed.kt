package org.wardkey.core

/**
 * The same text, with each half of a surrogate pair that stands alone replaced by a question mark. For every
 * string that comes from other apps, codes or administrators on its way into the core: the generated code
 * cannot carry such halves and throws a CharacterCodingException that nobody expects.
 */
internal fun String.wellFormed(): String = encodeToByteArray().decodeToString()
