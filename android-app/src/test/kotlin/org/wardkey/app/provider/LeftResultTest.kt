package org.wardkey.app.provider

import android.app.Activity
import android.app.PendingIntent
import android.content.ComponentName
import android.content.Intent
import android.os.Bundle
import androidx.credentials.provider.CreateEntry
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.android.controller.ActivityController
import org.robolectric.annotation.Config
import org.wardkey.app.fakes.JvmKeys
import org.wardkey.app.idleUntil
import org.wardkey.app.screens.ResultActivity
import org.wardkey.core.KeyFailure
import org.wardkey.core.Use

/** The answer to whoever asked does not wait for a screen that its reader has left. */
@RunWith(RobolectricTestRunner::class)
@Config(application = ProviderTestApplication::class)
internal class LeftResultTest {
    private val application = RuntimeEnvironment.getApplication() as ProviderTestApplication
    private val selector = Selector().also { secure(application) }

    @Test
    fun `who goes home from a new passkey's code has left it`() {
        val ceremony = selector.start(createLine(), createExtras())
        val screen = screenOf(ceremony)
        val result = opened(screen)
        assertFalse(result.get().isFinishing)
        result.pause()
        assertFalse("it is still to be seen, beside another window", result.get().isFinishing)
        result.stop()
        assertTrue(result.get().isFinishing)
        selector.close(ceremony.get(), screen)
        created(selector.resultOf(ceremony))
    }

    @Test
    fun `who goes home from a failure has left it`() {
        application.keys = JvmKeys(beforeGenerate = { throw KeyFailure.LockedOut() })
        val ceremony = selector.start(createLine(), createExtras())
        val screen = screenOf(ceremony)
        assertTrue(opened(screen).pause().stop().get().isFinishing)
        selector.close(ceremony.get(), screen)
        createFailure(selector.resultOf(ceremony))
    }

    @Test
    fun `a process that ends after that still gives whoever asked the new passkey`() {
        val ceremony = selector.start(createLine(), createExtras())
        val screen = screenOf(ceremony)
        val saved = Bundle()
        ceremony.pause().stop().saveInstanceState(saved)
        assertTrue(opened(screen).pause().stop().get().isFinishing)
        ceremony.destroy()

        val anew = Robolectric.buildActivity(CreatePasskeyActivity::class.java, ceremony.intent)
            .create(parceled(saved)).start().restoreInstanceState(saved)
        // Android delivers the result of a screen that it still knows of before it resumes the activity.
        anew.get().startActivityForResult(screen, 1)
        created(selector.resultOf(anew))
    }

    @Test
    fun `a turned phone has not been left`() {
        val controller = opened(ResultActivity.success(application, Use.REGISTER, "1234 5678 9012"))
        val before = controller.get()
        controller.recreate()
        assertFalse(before.isFinishing)
        assertFalse(controller.get().isFinishing)
    }

    @Test
    fun `a screen that nobody waits for is there again when its reader is`() {
        val screen = ResultActivity.success(application, Use.REGISTER, "1234 5678 9012")
        val controller = Robolectric.buildActivity(ResultActivity::class.java, screen).setup()
        assertFalse(controller.pause().stop().get().isFinishing)
    }

    /** On top of the ceremony that waits for it. */
    private fun opened(screen: Intent): ActivityController<ResultActivity> {
        val controller = Robolectric.buildActivity(ResultActivity::class.java, screen)
        shadowOf(controller.get())
            .setCallingActivity(ComponentName(application, CreatePasskeyActivity::class.java))
        return controller.setup()
    }

    private fun screenOf(ceremony: ActivityController<out Activity>): Intent {
        var screen: Intent? = null
        idleUntil {
            screen = shadowOf(ceremony.get()).nextStartedActivityForResult?.intent
            screen != null
        }
        return checkNotNull(screen)
    }

    private fun createExtras() =
        selector.createExtras(browser(), selector.bundleOf(creationOptions(), Selector.CREATE))

    private fun createLine(): PendingIntent {
        val entry = selector.beginCreate(creationOptions()).required().createEntries.single()
        return checkNotNull(CreateEntry.fromSlice(entry.slice)).pendingIntent
    }
}
