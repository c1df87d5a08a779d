package org.wardkey.app.screens

/**
 * The ways in which every screen is drawn and checked.
 *
 * @property qualifiers added to the phone that robolectric.properties describes
 * @property fontScale how far the user has enlarged all text
 */
internal enum class Look(val qualifiers: String, val fontScale: Float = 1f) {
    LIGHT("+notnight"),
    DARK("+night"),
    LARGE_TEXT("+notnight", fontScale = 2f),
    WELSH("+cy"),
    WELSH_LARGE_TEXT("+cy", fontScale = 2f),

    /** English words on a mirrored screen: the app has no right-to-left language, its users' phones may. */
    RIGHT_TO_LEFT("+ar-ldrtl"),
    LANDSCAPE("+w891dp-h411dp-land"),
    SMALL_PHONE("+w320dp-h533dp-hdpi", fontScale = 1.3f),
    ;

    /** As in a file's name: `large-text`. */
    val label: String get() = name.lowercase().replace('_', '-')
}
