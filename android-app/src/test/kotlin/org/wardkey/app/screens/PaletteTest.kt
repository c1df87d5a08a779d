package org.wardkey.app.screens

import android.graphics.Color
import androidx.annotation.ColorRes
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.wardkey.app.R
import kotlin.math.max
import kotlin.math.min
import kotlin.math.pow

/** The palette against WCAG 2.2: text at level AAA (1.4.6), edges and icons at 1.4.11. */
@RunWith(RobolectricTestRunner::class)
internal class PaletteTest {
    @Test
    fun `text stands out by day`() = assertContrasts("+notnight")

    @Test
    fun `text stands out by night`() = assertContrasts("+night")

    @Test
    fun `contrast is measured as WCAG does`() {
        assertEquals(21.0, contrast(Color.BLACK, Color.WHITE), 0.001)
        assertEquals(1.0, contrast(Color.RED, Color.RED), 0.001)
        // The best known grey: the lightest that passes 4.5:1 on white.
        assertEquals(4.54, contrast(Color.parseColor("#767676"), Color.WHITE), 0.005)
    }

    private fun assertContrasts(qualifiers: String) {
        RuntimeEnvironment.setQualifiers(qualifiers)
        val texts = listOf(
            R.color.text,
            R.color.text_secondary,
            R.color.accent,
            R.color.warning,
            R.color.error,
            R.color.success,
        )
        for (ground in listOf(R.color.background, R.color.surface)) {
            for (text in texts) assertAtLeast(TEXT, text, ground)
            assertAtLeast(EDGE, R.color.outline, ground)
        }
        assertAtLeast(TEXT, R.color.on_accent, R.color.accent)
        assertAtLeast(TEXT, R.color.on_debug_banner, R.color.debug_banner)
    }

    private fun assertAtLeast(least: Double, @ColorRes front: Int, @ColorRes ground: Int) {
        val context = RuntimeEnvironment.getApplication()
        val contrast = contrast(context.getColor(front), context.getColor(ground))
        val names = listOf(front, ground).joinToString(" on ") { context.resources.getResourceEntryName(it) }
        assertTrue("$names: $contrast, less than $least", contrast >= least)
    }

    private fun contrast(one: Int, other: Int): Double {
        val (a, b) = luminance(one) to luminance(other)
        return (max(a, b) + 0.05) / (min(a, b) + 0.05)
    }

    /** Relative luminance, WCAG 2.2. */
    private fun luminance(color: Int): Double {
        val (red, green, blue) = listOf(Color.red(color), Color.green(color), Color.blue(color)).map(::linear)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    private fun linear(channel: Int): Double {
        val part = channel / 255.0
        return if (part <= 0.04045) part / 12.92 else ((part + 0.055) / 1.055).pow(2.4)
    }

    private companion object {
        const val TEXT = 7.0
        const val EDGE = 3.0
    }
}
