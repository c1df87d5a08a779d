package org.wardkey.app.screens

import android.app.Activity
import android.graphics.Insets
import android.graphics.Rect
import android.view.WindowInsets
import android.view.WindowInsets.Type
import org.junit.Assert.assertEquals
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.wardkey.app.R

/** Windows reach under the bars since Android 15: what is in them must not. */
@RunWith(RobolectricTestRunner::class)
internal class ScreenFrameTest {
    private val activity = Robolectric.buildActivity(Activity::class.java).setup().get()

    @Test
    fun `keeps clear of bars, cutouts and the keyboard`() {
        assertEquals(Rect(0, 60, 0, 120), padding { setInsets(Type.systemBars(), Insets.of(0, 60, 0, 120)) })
        assertEquals(
            Rect(90, 60, 0, 120),
            padding {
                setInsets(Type.systemBars(), Insets.of(0, 60, 0, 120))
                setInsets(Type.displayCutout(), Insets.of(90, 0, 0, 0))
            },
        )
        assertEquals(
            Rect(0, 60, 0, 800),
            padding {
                setInsets(Type.systemBars(), Insets.of(0, 60, 0, 120))
                setInsets(Type.ime(), Insets.of(0, 0, 0, 800))
            },
        )
    }

    @Test
    fun `takes the room back`() {
        val frame = ScreenFrame.around(activity, R.layout.home).frame
        frame.dispatchApplyWindowInsets(
            WindowInsets.Builder().setInsets(Type.ime(), Insets.of(0, 0, 0, 800)).build(),
        )
        frame.dispatchApplyWindowInsets(WindowInsets.Builder().build())
        assertEquals(0, frame.paddingBottom)
    }

    private fun padding(insets: WindowInsets.Builder.() -> Unit): Rect {
        val frame = ScreenFrame.around(activity, R.layout.home).frame
        frame.dispatchApplyWindowInsets(WindowInsets.Builder().apply(insets).build())
        return frame.run { Rect(paddingLeft, paddingTop, paddingRight, paddingBottom) }
    }
}
