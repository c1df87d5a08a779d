package org.wardkey.app.screens

import android.app.Activity
import android.view.View
import android.view.ViewGroup
import androidx.annotation.LayoutRes
import org.wardkey.app.BuildVariant
import org.wardkey.app.R

/**
 * Base of every activity that shows something: frames its layout with the system's insets, lets it scroll
 * when large text or a small screen asks for it, and puts the banner of a debug build above it.
 */
internal abstract class ScreenActivity : Activity() {
    /** Shows [layout] as this screen's content and returns its root view. Replaces what was shown before. */
    protected fun show(@LayoutRes layout: Int): View {
        setContentView(R.layout.screen)
        if (BuildVariant.of(this) == BuildVariant.DEBUG) {
            requireViewById<View>(R.id.debug_banner).visibility = View.VISIBLE
        }
        val frame = requireViewById<ViewGroup>(R.id.screen_content)
        return layoutInflater.inflate(layout, frame, false).also(frame::addView)
    }
}
