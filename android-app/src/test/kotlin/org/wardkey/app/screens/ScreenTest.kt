package org.wardkey.app.screens

import android.app.Activity
import android.content.Intent
import android.graphics.Bitmap
import android.graphics.Canvas
import android.os.Looper
import android.view.View
import org.junit.Assert.assertEquals
import org.junit.runner.RunWith
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.annotation.Config
import java.io.File

/**
 * Base of the tests that look at a screen. [draw] leaves `target/screenshots/NAME-LOOK.png` for each [Look]
 * and fails with everything that [ScreenCheck] finds wrong in any of them.
 */
@RunWith(RobolectricTestRunner::class)
@Config(application = ScreenTestApplication::class)
internal abstract class ScreenTest {
    /**
     * Draws the activity [A] as [name] in each of [looks].
     *
     * @param intent what starts it; made anew for each look
     * @param arrange brings the started activity to the state that the picture shows
     * @param window which of its windows is meant, where a question covers the activity
     */
    protected inline fun <reified A : Activity> draw(
        name: String,
        looks: List<Look> = Look.entries,
        noinline intent: () -> Intent? = { null },
        noinline window: (A) -> View = { it.window.decorView },
        noinline arrange: (A) -> Unit = {},
    ) = draw(A::class.java, name, looks, intent, window, arrange)

    protected fun <A : Activity> draw(
        type: Class<A>,
        name: String,
        looks: List<Look>,
        intent: () -> Intent?,
        window: (A) -> View,
        arrange: (A) -> Unit,
    ) {
        val faults = looks.flatMap { look ->
            RuntimeEnvironment.setQualifiers(look.qualifiers)
            RuntimeEnvironment.setFontScale(look.fontScale)
            val faults = drawOnce(type, "$name-${look.label}", intent(), window, arrange)
            // Qualifiers add up: the next look starts from the phone as it was.
            RuntimeEnvironment.setQualifiers(PLAIN)
            faults.map { "$name, ${look.label}: $it" }
        }
        assertEquals("faults on the screen", "", faults.joinToString("\n"))
    }

    private fun <A : Activity> drawOnce(
        type: Class<A>,
        name: String,
        intent: Intent?,
        window: (A) -> View,
        arrange: (A) -> Unit,
    ): List<String> = Robolectric.buildActivity(type, intent).use { controller ->
        val activity = controller.setup().get()
        arrange(activity)
        shadowOf(Looper.getMainLooper()).idle()
        val screen = window(activity)
        val picture = Bitmap.createBitmap(screen.width, screen.height, Bitmap.Config.ARGB_8888)
        screen.draw(Canvas(picture))
        save(picture, name)
        ScreenCheck.faultsOf(screen)
    }

    private fun save(picture: Bitmap, name: String) {
        val file = File("target/screenshots/$name.png")
        file.parentFile?.mkdirs()
        file.outputStream().use { picture.compress(Bitmap.CompressFormat.PNG, PNG_QUALITY, it) }
    }

    private companion object {
        /** The qualifiers of robolectric.properties, with the defaults that a [Look] may have changed. */
        const val PLAIN = "en-rUS-ldltr-w411dp-h891dp-port-notnight-xhdpi"

        /** PNG loses nothing; the number has no effect. */
        const val PNG_QUALITY = 100
    }
}
