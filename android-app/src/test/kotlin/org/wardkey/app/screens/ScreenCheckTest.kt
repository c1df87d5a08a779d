package org.wardkey.app.screens

import android.app.Activity
import android.text.TextUtils
import android.view.View
import android.view.ViewGroup.LayoutParams.WRAP_CONTENT
import android.widget.Button
import android.widget.FrameLayout
import android.widget.ImageButton
import android.widget.ScrollView
import android.widget.TextView
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner

/** Each fault that [ScreenCheck] is there for, made on purpose. */
@RunWith(RobolectricTestRunner::class)
internal class ScreenCheckTest {
    private val activity = Robolectric.buildActivity(Activity::class.java).setup().get()

    @Test
    fun `finds nothing wrong with text that has room`() = assertSound(text("Sign in"), 600, 200)

    @Test
    fun `finds text cut off below`() = assertFault("needs", text("one two three four five six"), 120, 60)

    @Test
    fun `finds text cut off at the side`() =
        assertFault("wider", text("one two three four").apply { setHorizontallyScrolling(true) }, 100, 200)

    @Test
    fun `finds an ellipsis`() = assertFault(
        "ellipsis",
        text("one two three four").apply {
            isSingleLine = true
            ellipsize = TextUtils.TruncateAt.END
        },
        100,
        200,
    )

    @Test
    fun `finds text cut off by a number of lines`() =
        assertFault("needs", text("one two three four five").apply { maxLines = 1 }, 120, WRAP_CONTENT)

    @Test
    fun `finds a broken word`() =
        assertFault("breaks a word", text("Llanfairpwllgwyngyllgogerychwyrndrobwll"), 200, 400)

    @Test
    fun `a word that no phone has a line for may be broken, but not cut off`() {
        val word = "clinician".repeat(20)
        assertSound(text(word), 200, WRAP_CONTENT)
        assertFault("needs", text(word).apply { maxLines = 2 }, 200, WRAP_CONTENT)
    }

    @Test
    fun `finds a small touch target`() =
        assertFault("touch target", Button(activity).apply { text = "OK" }, 300, 80)

    @Test
    fun `finds a button without words`() = assertFault("no words", ImageButton(activity), 200, 200)

    @Test
    fun `finds a view beyond its parent`() =
        assertFault("beyond", FrameLayout(activity).apply { addView(View(activity), 100, 500) }, 100, 300)

    @Test
    fun `lets a scrolled view be longer than its parent`() =
        assertSound(ScrollView(activity).apply { addView(View(activity), 100, 3000) }, 100, 300)

    private fun text(words: String) = TextView(activity).apply {
        text = words
        textSize = 16f
    }

    private fun assertSound(view: View, width: Int, height: Int) =
        assertEquals(emptyList<String>(), faultsOf(view, width, height))

    private fun assertFault(expected: String, view: View, width: Int, height: Int) {
        val faults = faultsOf(view, width, height)
        assertTrue("expected “$expected” in $faults", faults.any { expected in it })
    }

    /** Lays the view out at the given size, in pixels, in a frame with room to spare. */
    private fun faultsOf(view: View, width: Int, height: Int): List<String> {
        val frame = FrameLayout(activity).apply { addView(view, width, height) }
        val room = View.MeasureSpec.makeMeasureSpec(ROOM, View.MeasureSpec.EXACTLY)
        frame.measure(room, room)
        frame.layout(0, 0, ROOM, ROOM)
        return ScreenCheck.faultsOf(frame)
    }

    private companion object {
        const val ROOM = 2000
    }
}
