package org.wardkey.app.screens

import android.view.View
import android.widget.TextView
import androidx.annotation.IdRes

/** Puts [words] into the text with this id; without any, the text and what stands for it take no room. */
internal fun View.put(@IdRes id: Int, words: CharSequence) {
    val text = requireViewById<TextView>(id)
    text.text = words
    text.visibility = if (words.isEmpty()) View.GONE else View.VISIBLE
}

/** Does [what] when the view with this id is tapped. */
internal fun View.on(@IdRes id: Int, what: () -> Unit) =
    requireViewById<View>(id).setOnClickListener { what() }
