package org.wardkey.app.words

import android.content.Context
import org.wardkey.app.R
import java.time.Instant
import java.time.ZoneId
import java.time.format.DateTimeFormatter
import java.time.format.FormatStyle

/** 31 December 9999: whatever lies beyond is a mistake, and would not fit a calendar. */
private const val LAST_SECOND = 253_402_300_799uL

/** The day of a moment, seconds since 1970, as people here and now write it. */
internal fun Context.dayWords(seconds: ULong): String {
    val moment = Instant.ofEpochSecond(seconds.coerceAtMost(LAST_SECOND).toLong())
    val format = DateTimeFormatter.ofLocalizedDate(FormatStyle.LONG)
    return format.withLocale(resources.configuration.locales[0]).format(moment.atZone(ZoneId.systemDefault()))
}

/** When a passkey last signed somebody in, as a caption. */
internal fun Context.lastUsedWords(seconds: ULong?): String =
    if (seconds == null) getString(R.string.never_used) else getString(R.string.last_used, dayWords(seconds))
