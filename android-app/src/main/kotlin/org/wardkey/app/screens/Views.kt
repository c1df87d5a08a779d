package org.wardkey.app.screens

import android.content.Context
import android.view.View
import android.widget.TextView
import androidx.annotation.IdRes
import org.wardkey.app.R
import org.wardkey.core.Passkey

/** Puts [words] into the text with this id; a text without any takes no room. */
internal fun View.put(@IdRes id: Int, words: CharSequence) {
    requireViewById<TextView>(id).text = words
    show(id, words.isNotEmpty())
}

/** Puts in a [code] of digits, of which TalkBack says each on its own instead of large numbers. */
internal fun View.putCode(@IdRes id: Int, code: String) {
    put(id, code)
    requireViewById<View>(id).contentDescription =
        code.split(' ').joinToString { group -> group.toList().joinToString(" ") }
}

/** Shows the view with this id, or leaves it out without a trace. */
internal fun View.show(@IdRes id: Int, shown: Boolean) {
    requireViewById<View>(id).visibility = if (shown) View.VISIBLE else View.GONE
}

/** Does [what] when the view with this id is tapped. */
internal fun View.on(@IdRes id: Int, what: () -> Unit) =
    requireViewById<View>(id).setOnClickListener { what() }

/** Where the key of a passkey is. */
internal fun Context.levelWords(passkey: Passkey): String =
    getString(if (passkey.strongBox) R.string.passkey_strong_box else R.string.passkey_trusted_environment)
