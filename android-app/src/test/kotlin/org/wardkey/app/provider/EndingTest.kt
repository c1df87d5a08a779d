package org.wardkey.app.provider

import android.app.Activity
import android.app.PendingIntent
import android.content.Intent
import android.os.Bundle
import android.widget.TextView
import androidx.credentials.exceptions.CreateCredentialInterruptedException
import androidx.credentials.provider.CreateEntry
import kotlinx.coroutines.CompletableDeferred
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertNull
import org.junit.Assert.assertTrue
import org.junit.Test
import org.junit.runner.RunWith
import org.robolectric.Robolectric
import org.robolectric.RobolectricTestRunner
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.android.controller.ActivityController
import org.robolectric.annotation.Config
import org.robolectric.shadows.ShadowSystemClock
import org.wardkey.app.R
import org.wardkey.app.fakes.JvmKeys
import org.wardkey.app.idleUntil
import org.wardkey.app.passkeys
import org.wardkey.app.screens.ResultActivity
import org.wardkey.app.screens.diagnostics.FailureLog
import org.wardkey.app.words.remedy
import org.wardkey.app.words.title
import org.wardkey.core.KeyFailure
import org.wardkey.core.Reason
import org.wardkey.core.Step
import java.io.File
import java.time.Duration

/** What the person learns at the end of a ceremony that a selector's line began, and support after them. */
@RunWith(RobolectricTestRunner::class)
@Config(application = ProviderTestApplication::class)
internal class EndingTest {
    private val application = RuntimeEnvironment.getApplication() as ProviderTestApplication
    private val selector = Selector().also { secure(application) }
    private val log get() = FailureLog.of(application).recent().map { it.step to it.reason }

    @Test
    fun `a failure is told with its remedy, and kept, before whoever asked hears of it`() {
        val failures = mapOf(
            KeyFailure.LockedOut() to Reason.LOCKED_OUT,
            KeyFailure.NoScreenLock() to Reason.NO_SCREEN_LOCK,
            KeyFailure.AttestationUnavailable() to Reason.ATTESTATION_UNAVAILABLE,
            KeyFailure.Platform("android.security.KeyStoreException") to Reason.KEY_STORE_FAILED,
        )
        for ((failure, reason) in failures) {
            application.keys = JvmKeys(beforeGenerate = { throw failure })
            val controller = selector.start(createLine(), createExtras())
            val screen = screenOf(controller)
            assertFalse("not before the person has seen it", controller.get().isFinishing)
            val told = opened(screen)
            assertEquals(application.getString(reason.title), told.text(R.id.result_title))
            assertEquals(application.getString(reason.remedy), told.text(R.id.result_text))
            idleUntil { log.lastOrNull()?.second == reason }
            selector.close(controller.get(), screen)
            createFailure(selector.resultOf(controller))
        }
        assertEquals(failures.size, log.size)
    }

    @Test
    fun `a new passkey's code is shown until it was read, and only then whoever asked hears of it`() {
        val controller = selector.start(createLine(), createExtras())
        val screen = screenOf(controller)
        val shown = opened(screen).text(R.id.result_witness)
        assertTrue(shown, Regex("[0-9]{4} [0-9]{4} [0-9]{4}").matches(shown))
        assertEquals("to be found again", shown, application.passkeys().single().witness)
        assertFalse(controller.get().isFinishing)
        selector.close(controller.get(), screen)
        created(selector.resultOf(controller))
        assertEquals("a success is no failure", emptyList<Any>(), log)
    }

    @Test
    fun `a request that cannot be read, or comes too late, is told too`() {
        val unread = selector.start(createLine(), Intent())
        assertTitle(Reason.INVALID_REQUEST, unread)
        createFailure(selector.resultOf(unread))

        val line = createLine()
        ShadowSystemClock.advanceBy(Duration.ofHours(1))
        val late = selector.start(line, createExtras())
        assertTitle(Reason.TIMED_OUT, late)
        assertTrue(createFailure(selector.resultOf(late)) is CreateCredentialInterruptedException)
    }

    @Test
    fun `whoever asked does not wait for a person who is elsewhere`() {
        val finger = CompletableDeferred<Unit>()
        application.keys = JvmKeys(beforeSign = {
            finger.await()
            throw KeyFailure.LockedOut()
        })
        val controller = selector.start(createLine(), createExtras())
        controller.pause().stop()
        finger.complete(Unit)
        assertSilent(controller)
        assertEquals(listOf(Step.USER to Reason.LOCKED_OUT), log)
    }

    @Test
    fun `what the person did or was told already is kept for support, and not said again`() {
        application.keys = JvmKeys(beforeSign = { throw KeyFailure.Cancelled() })
        assertSilent(selector.start(createLine(), createExtras()))
        assertEquals(listOf(Step.USER to Reason.DECLINED), log)

        application.keys = JvmKeys()
        val id = created(selector.create(createLine(), creationOptions())).getString("id")
        assertSilent(selector.start(createLine(), createExtras(creationOptions(exclude = listOf(id)))))
        assertEquals(Reason.ALREADY_REGISTERED, log.last().second)
    }

    @Test
    fun `a process that ends behind the screen still gives whoever asked the result`() {
        application.keys = JvmKeys(beforeGenerate = { throw KeyFailure.LockedOut() })
        val first = selector.start(createLine(), createExtras())
        val screen = screenOf(first)
        val expected = createFailure(checkNotNull(shadowOf(first.get()).resultIntent)).type
        val saved = Bundle()
        first.pause().stop().saveInstanceState(saved).destroy()

        val anew = Robolectric.buildActivity(CreatePasskeyActivity::class.java, first.intent)
            .create(parceled(saved)).start().restoreInstanceState(saved).resume()
        assertFalse(anew.get().isFinishing)
        assertEquals("no second ceremony", 1, application.begun)
        // As Android restores it: the screen on top is still the one that was started.
        anew.get().startActivityForResult(screen, 1)
        val result = selector.resultOf(anew)
        assertEquals(expected, createFailure(result).type)
    }

    @Test
    fun `a process that ends at the prompt leaves the store as it was, and its key is swept`() {
        val reached = CompletableDeferred<Unit>()
        val finger = CompletableDeferred<Unit>().apply { complete(Unit) }
        val keys = JvmKeys(beforeSign = {
            reached.complete(Unit)
            finger.await()
        })
        application.keys = keys
        created(selector.create(createLine(), creationOptions()))
        val store = File(application.noBackupFilesDir, "passkeys")
        val before = store.readBytes()
        val mine = keys.keys.toMap()
        // The key that a process left behind when it was killed: no code of ours ran after it was made.
        keys.keys["wardkey.orphan"] = mine.values.first()
        val extras = createExtras(creationOptions(account = "other@example.org"))
        val intent = Intent(shadowOf(createLine()).savedIntent).apply { fillIn(extras, 0) }
        val anew = Robolectric.buildActivity(CreatePasskeyActivity::class.java, intent).create(Bundle())
        assertTrue(createFailure(selector.resultOf(anew)) is CreateCredentialInterruptedException)
        assertTrue(before.contentEquals(store.readBytes()))

        created(selector.create(createLine(), creationOptions(account = "other@example.org")))
        assertEquals("both passkeys, and no orphan", 2, keys.keys.size)
        assertTrue(keys.keys.keys.containsAll(mine.keys))
    }

    @Test
    fun `half a character from outside is replaced or refused, and ends nothing but its request`() {
        val raw = creationOptions(displayName = "Test \uD83D clinician")
        created(selector.create(createLine(), raw))
        assertEquals("Test ? clinician", application.passkeys().single().displayName)
        val stranger = caller("org.example\uD800", listOf(BROWSER_CERTIFICATE), "https://\uDFFF.example.org")
        val escaped = raw.replace("\uD83D", "\\ud83d")
        for (options in listOf(escaped, raw.replace(RP_ID, "login\uDC00.example.org"))) {
            createFailure(selector.create(createLine(), options))
        }
        createFailure(selector.create(createLine(), creationOptions(), stranger))
        assertEquals(1, application.passkeys().size)
    }

    private fun assertTitle(reason: Reason, controller: ActivityController<out Activity>) {
        val screen = screenOf(controller)
        assertEquals(application.getString(reason.title), opened(screen).text(R.id.result_title))
        selector.close(controller.get(), screen)
    }

    private fun assertSilent(controller: ActivityController<out Activity>) {
        idleUntil { controller.get().isFinishing }
        assertNull(shadowOf(controller.get()).nextStartedActivityForResult)
    }

    /** What the ceremony puts on top of itself at its end. */
    private fun screenOf(controller: ActivityController<out Activity>): Intent {
        var screen: Intent? = null
        idleUntil {
            screen = shadowOf(controller.get()).nextStartedActivityForResult?.intent
            screen != null
        }
        assertEquals(ResultActivity::class.java.name, screen?.component?.className)
        return checkNotNull(screen)
    }

    private fun opened(screen: Intent): Activity =
        Robolectric.buildActivity(ResultActivity::class.java, screen).setup().get()

    private fun Activity.text(id: Int) = requireViewById<TextView>(id).text.toString()

    private fun createExtras(options: String = creationOptions()) =
        selector.createExtras(browser(), selector.bundleOf(options, Selector.CREATE))

    private fun createLine(): PendingIntent {
        val entry = selector.beginCreate(creationOptions()).required().createEntries.single()
        return checkNotNull(CreateEntry.fromSlice(entry.slice)).pendingIntent
    }
}
