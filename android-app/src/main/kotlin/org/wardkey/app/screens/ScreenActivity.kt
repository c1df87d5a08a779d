package org.wardkey.app.screens

import android.app.Activity
import android.view.View
import androidx.annotation.LayoutRes

/** Base of every activity that shows something. */
internal abstract class ScreenActivity : Activity() {
    /** Shows [layout] as this screen's content and returns its root view. Replaces what was shown before. */
    protected fun show(@LayoutRes layout: Int): View {
        val screen = ScreenFrame.around(this, layout)
        setContentView(screen.frame)
        return screen.content
    }
}
