package org.wardkey.app.hybrid

import android.graphics.RectF
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.RobolectricTestRunner
import org.robolectric.annotation.GraphicsMode
import kotlin.math.abs

/** Where the camera's picture comes to lie in the view that shows it. */
@RunWith(RobolectricTestRunner::class)
@GraphicsMode(GraphicsMode.Mode.NATIVE)
internal class PreviewFitTest {
    private val picture = PixelSize(1280, 720)
    private val views = listOf(
        PixelSize(822, 1200), PixelSize(1200, 500), PixelSize(720, 1280), PixelSize(600, 600),
        PixelSize(1, 3000),
    )

    @Test
    fun `keeps its proportions and covers the view, however the phone is held`() {
        for (view in views) for (sensor in listOf(0, 90, 180, 270)) for (display in listOf(0, 90, 180, 270)) {
            val case = "$view, sensor at $sensor, display at $display"
            val shown = shown(view, sensor, display)
            // Upright for the person: as the chip sees it, turned by what chip and display differ.
            val upright = if ((sensor + display) % 180 == 0) picture else picture.turned
            assertClose(case, upright.width.toFloat() / upright.height, shown.width() / shown.height())
            assertTrue("$case: $shown", shown.width() > view.width - 1 && shown.height() > view.height - 1)
            val exact = abs(shown.width() - view.width) < 1 || abs(shown.height() - view.height) < 1
            assertTrue("$case: no larger than it must be: $shown", exact)
            assertClose("$case: in the middle", view.width / 2f, shown.centerX())
            assertClose("$case: in the middle", view.height / 2f, shown.centerY())
        }
    }

    @Test
    fun `turns against the display`() {
        val turns = listOf(0, 90, 180, 270).map { PreviewFit.of(views.first(), picture, 90, it).degrees }
        assertEquals(listOf(0, 270, 180, 90), turns)
    }

    @Test
    fun `a view of the picture's own proportions is left as it is`() =
        assertEquals(PreviewFit(1f, 1f, 0), PreviewFit.of(PixelSize(720, 1280), picture, 90, 0))

    /** The whole picture, which Android draws over the whole view, after the transformation. */
    private fun shown(view: PixelSize, sensor: Int, display: Int): RectF {
        val rect = RectF(0f, 0f, view.width.toFloat(), view.height.toFloat())
        PreviewFit.of(view, picture, sensor, display).matrixFor(view).mapRect(rect)
        return rect
    }

    private fun assertClose(case: String, expected: Float, actual: Float) =
        assertEquals(case, expected, actual, expected / 500)
}
